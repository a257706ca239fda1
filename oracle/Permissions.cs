// Newtonsoft.Json 6 asks an assembly that .NET Core has not got whether it may generate code: it may not.
using System.Reflection;

[assembly: AssemblyVersion("4.0.3.0")]

namespace System.Security
{
    public abstract class CodeAccessPermission { public void Demand() { throw new SecurityException(); } public void Assert() { } }
}

namespace System.Security.Permissions
{
    [Flags] public enum ReflectionPermissionFlag { NoFlags = 0, MemberAccess = 2, RestrictedMemberAccess = 8 }

    public sealed class ReflectionPermission : CodeAccessPermission
    {
        public ReflectionPermission(PermissionState state) { }
        public ReflectionPermission(ReflectionPermissionFlag flag) { }
    }
    public sealed class SecurityPermission : CodeAccessPermission
    {
        public SecurityPermission(PermissionState state) { }
        public SecurityPermission(SecurityPermissionFlag flag) { }
    }
}
