"""The proxies of Debian's packages, each in front of one port and with connections that it uses again."""

import os
import shutil


def nginx(processes, name, port, to):
    config = processes.write(name + ".conf", f"""
        daemon off; master_process off; pid {processes.path(name + '.pid')}; error_log stderr;
        events {{ worker_connections 512; }}
        http {{
            access_log off; client_body_temp_path {processes.path(name + '.body')}; proxy_temp_path {processes.path(name + '.proxy')};
            fastcgi_temp_path {processes.path(name + '.f')}; uwsgi_temp_path {processes.path(name + '.u')}; scgi_temp_path {processes.path(name + '.s')};
            upstream next {{ server 127.0.0.1:{to}; keepalive 8; }}
            server {{ listen 127.0.0.1:{port}; location / {{
                proxy_pass http://next; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
                proxy_request_buffering off; proxy_next_upstream off; }} }}
        }}""")
    return ["nginx", "-c", config, "-p", processes.folder]


def haproxy(processes, name, port, to):
    config = processes.write(name + ".cfg", f"""
global
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 10s
    timeout server 10s
    http-reuse always
frontend f
    bind 127.0.0.1:{port}
    default_backend b
backend b
    server s 127.0.0.1:{to}
""")
    return ["haproxy", "-db", "-f", config]


def apache2(processes, name, port, to):
    modules = "/usr/lib/apache2/modules"
    loaded = "\n".join(f"LoadModule {module}_module {modules}/mod_{module}.so" for module in ["mpm_event", "authz_core", "proxy", "proxy_http"])
    config = processes.write(name + ".conf", f"""
ServerRoot {processes.folder}
{loaded}
Listen 127.0.0.1:{port}
ServerName localhost
PidFile {processes.path(name + '.pid')}
DefaultRuntimeDir {processes.folder}
Mutex posixsem
ErrorLog {processes.path(name + '.errors')}
StartServers 1
ServerLimit 1
ThreadsPerChild 16
MaxRequestWorkers 16
ProxyPreserveHost On
ProxyPass / http://127.0.0.1:{to}/ disablereuse=off
""")
    return ["apache2", "-DFOREGROUND", "-f", config]


def varnish(processes, name, port, to):
    config = processes.write(name + ".vcl", f"""vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "{to}"; }}
sub vcl_recv {{ return (pass); }}
""")
    workspace = processes.path(name + ".work")
    return ["varnishd", "-F", "-j", "none", "-n", workspace, "-a", f"127.0.0.1:{port}", "-f", config, "-s", "malloc,16m", "-T", "none"]


def lighttpd(processes, name, port, to):
    config = processes.write(name + ".conf", f"""
server.modules = ( "mod_proxy" )
server.document-root = "{processes.folder}"
server.bind = "127.0.0.1"
server.port = {port}
server.stream-request-body = 2
server.stream-response-body = 2
proxy.server = ( "" => ( ( "host" => "127.0.0.1", "port" => {to} ) ) )
""")
    return ["lighttpd", "-D", "-f", config]


def caddy(processes, name, port, to):
    config = processes.write(name + ".caddyfile", f"""{{
    admin off
    auto_https off
}}
http://:{port} {{
    bind 127.0.0.1
    reverse_proxy 127.0.0.1:{to}
}}
""")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", config]


# Name, program, package, and what makes the command.
PROXIES = [
    ("nginx", "nginx", "nginx", nginx),
    ("haproxy", "haproxy", "haproxy", haproxy),
    ("apache2", "apache2", "apache2", apache2),
    ("varnish", "varnishd", "varnish", varnish),
    ("lighttpd", "lighttpd", "lighttpd", lighttpd),
    ("caddy", "caddy", "caddy", caddy),
]


def installed():
    """The proxies that are there, and the packages of those that are not."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    there = [proxy for proxy in PROXIES if shutil.which(proxy[1], path=path)]
    return there, [package for _, program, package, _ in PROXIES if not shutil.which(program, path=path)]


def start(processes, kind, name, port, to):
    """Starts a proxy that listens on a port and passes to another."""
    program, make = next((program, make) for known, program, _, make in PROXIES if known == kind)
    command = make(processes, name, port, to)
    command[0] = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    environment = os.environ | {"HOME": processes.folder, "XDG_DATA_HOME": processes.folder, "XDG_CONFIG_HOME": processes.folder}
    return processes.start(name, command, port, env=environment)
