# The article's system in Terraform, for current providers. `apimlab terraform -chdir=FOLDER apply` builds it in the sandbox, `terraform`
# in Azure. The gateway joins the network with `-var joined=true`, as the article does last.

terraform {
  required_providers {
    azurerm    = { source = "hashicorp/azurerm", version = ">= 5.0" }
    azuread    = { source = "hashicorp/azuread", version = ">= 3.0" }
    kubernetes = { source = "hashicorp/kubernetes", version = ">= 2.21" }
  }
}

variable "joined" {
  description = "The gateway is in the virtual network."
  type        = bool
  default     = false
}

variable "gateway" {
  description = "The name of the API Management service, which is the only one with it in the world."
  type        = string
  default     = "blog-apim"
}

provider "azurerm" {
  features {
    api_management {
      purge_soft_delete_on_destroy = true
      recover_soft_deleted         = true
    }
  }
}

provider "azuread" {}

provider "kubernetes" {
  host                   = azurerm_kubernetes_cluster.aks.kube_config[0].host
  client_certificate     = base64decode(azurerm_kubernetes_cluster.aks.kube_config[0].client_certificate)
  client_key             = base64decode(azurerm_kubernetes_cluster.aks.kube_config[0].client_key)
  cluster_ca_certificate = base64decode(azurerm_kubernetes_cluster.aks.kube_config[0].cluster_ca_certificate)
}

resource "azurerm_resource_group" "all" {
  name     = "blog-apim-and-aks"
  location = "westus2"
}

# A virtual network with two subnets.

resource "azurerm_virtual_network" "network" {
  name                = "apim-aks-vnet"
  resource_group_name = azurerm_resource_group.all.name
  location            = azurerm_resource_group.all.location
  address_space       = ["10.10.0.0/16"]
}

resource "azurerm_subnet" "aks" {
  name                 = "aks-subnet"
  resource_group_name  = azurerm_resource_group.all.name
  virtual_network_name = azurerm_virtual_network.network.name
  address_prefixes     = ["10.10.1.0/24"]
}

resource "azurerm_subnet" "apim" {
  name                 = "apim-subnet"
  resource_group_name  = azurerm_resource_group.all.name
  virtual_network_name = azurerm_virtual_network.network.name
  address_prefixes     = ["10.10.2.0/24"]
}

# Azure has to reach the gateway to manage it, and the gateway has to reach what it is made of.

locals {
  rules = {
    in-management    = { priority = 100, direction = "Inbound", from = "ApiManagement", to = "VirtualNetwork", ports = ["3443"] }
    in-azure-lb      = { priority = 110, direction = "Inbound", from = "AzureLoadBalancer", to = "VirtualNetwork", ports = ["6390"] }
    in-clients       = { priority = 120, direction = "Inbound", from = "Internet", to = "VirtualNetwork", ports = ["80", "443"] }
    out-storage      = { priority = 100, direction = "Outbound", from = "VirtualNetwork", to = "Storage", ports = ["443"] }
    out-sql          = { priority = 110, direction = "Outbound", from = "VirtualNetwork", to = "Sql", ports = ["1433"] }
    out-keyvault     = { priority = 120, direction = "Outbound", from = "VirtualNetwork", to = "AzureKeyVault", ports = ["443"] }
    out-monitor      = { priority = 130, direction = "Outbound", from = "VirtualNetwork", to = "AzureMonitor", ports = ["443", "1886"] }
    out-certificates = { priority = 150, direction = "Outbound", from = "VirtualNetwork", to = "Internet", ports = ["80"] }
  }
}

resource "azurerm_network_security_group" "apim" {
  name                = "apim-nsg"
  resource_group_name = azurerm_resource_group.all.name
  location            = azurerm_resource_group.all.location
}

resource "azurerm_network_security_rule" "apim" {
  for_each                    = local.rules
  name                        = each.key
  resource_group_name         = azurerm_resource_group.all.name
  network_security_group_name = azurerm_network_security_group.apim.name
  priority                    = each.value.priority
  direction                   = each.value.direction
  access                      = "Allow"
  protocol                    = "Tcp"
  source_port_range           = "*"
  source_address_prefix       = each.value.from
  destination_address_prefix  = each.value.to
  destination_port_ranges     = each.value.ports
}

resource "azurerm_subnet_network_security_group_association" "apim" {
  subnet_id                 = azurerm_subnet.apim.id
  network_security_group_id = azurerm_network_security_group.apim.id
  depends_on                = [azurerm_network_security_rule.apim]
}

# An identity for the cluster, and its right to use the network.

resource "azuread_application" "aks" {
  display_name = "nf-aksapim-sp"
}

resource "azuread_service_principal" "aks" {
  client_id = azuread_application.aks.client_id
}

resource "azuread_service_principal_password" "aks" {
  service_principal_id = azuread_service_principal.aks.id
}

resource "azurerm_role_assignment" "aks" {
  scope                = azurerm_resource_group.all.id
  role_definition_name = "Contributor"
  principal_id         = azuread_service_principal.aks.object_id
}

resource "azurerm_kubernetes_cluster" "aks" {
  name                = "aks-for-apim"
  resource_group_name = azurerm_resource_group.all.name
  location            = azurerm_resource_group.all.location
  dns_prefix          = "nfaksapim"

  default_node_pool {
    name            = "pool1"
    node_count      = 1
    vm_size         = "Standard_D2s_v3"
    os_disk_size_gb = 30
    vnet_subnet_id  = azurerm_subnet.aks.id
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
  }

  node_provisioning_profile {
    mode = "Manual"
  }

  service_principal {
    client_id     = azuread_application.aks.client_id
    client_secret = azuread_service_principal_password.aks.value
  }

  depends_on = [azurerm_role_assignment.aks]
}

# The application and its private address.

resource "kubernetes_deployment" "application" {
  metadata {
    name   = "private-api"
    labels = { app = "private-api" }
  }
  spec {
    replicas = 2
    selector {
      match_labels = { app = "private-api" }
    }
    template {
      metadata {
        labels = { app = "private-api" }
      }
      spec {
        container {
          name  = "private-api"
          image = "nginx:1.7.8"
          port {
            container_port = 80
          }
        }
      }
    }
  }
}

resource "kubernetes_service" "application" {
  metadata {
    name        = "private-api"
    annotations = { "service.beta.kubernetes.io/azure-load-balancer-internal" = "true" }
  }
  spec {
    type     = "LoadBalancer"
    selector = { app = "private-api" }
    port {
      port        = 80
      target_port = 80
    }
  }
}

# API Management and the API.

resource "azurerm_api_management" "gateway" {
  name                 = var.gateway
  resource_group_name  = azurerm_resource_group.all.name
  location             = azurerm_resource_group.all.location
  publisher_name       = "Nills"
  publisher_email      = "owner@example.com"
  sku_name             = "Developer_1"
  virtual_network_type = var.joined ? "External" : "None"

  dynamic "virtual_network_configuration" {
    for_each = var.joined ? [azurerm_subnet.apim.id] : []
    content {
      subnet_id = virtual_network_configuration.value
    }
  }

  depends_on = [azurerm_subnet_network_security_group_association.apim]
}

resource "azurerm_api_management_api" "nginx" {
  name                  = "example-api"
  resource_group_name   = azurerm_resource_group.all.name
  api_management_name   = azurerm_api_management.gateway.name
  revision              = "1"
  display_name          = "Example API"
  path                  = "nginx"
  protocols             = ["http"]
  service_url           = "http://${kubernetes_service.application.status[0].load_balancer[0].ingress[0].ip}"
  subscription_required = false
}

resource "azurerm_api_management_api_operation" "get" {
  operation_id        = "get"
  api_name            = azurerm_api_management_api.nginx.name
  api_management_name = azurerm_api_management.gateway.name
  resource_group_name = azurerm_resource_group.all.name
  display_name        = "get"
  method              = "GET"
  url_template        = "/"

  response {
    status_code = 200
  }
}

resource "azurerm_api_management_product" "nginx" {
  product_id            = "nginx"
  api_management_name   = azurerm_api_management.gateway.name
  resource_group_name   = azurerm_resource_group.all.name
  display_name          = "Test Product"
  subscription_required = false
  published             = true
}

resource "azurerm_api_management_product_api" "nginx" {
  product_id          = azurerm_api_management_product.nginx.product_id
  api_name            = azurerm_api_management_api.nginx.name
  api_management_name = azurerm_api_management.gateway.name
  resource_group_name = azurerm_resource_group.all.name
}

output "address" {
  description = "Where the API is called."
  value       = "http://${azurerm_api_management.gateway.name}.azure-api.net/nginx/"
}
