// Prints the public members of the types that Azure allows in expressions: type, kind, name, result, parameters' types.
using System;
using System.Linq;
using System.Reflection;

static class Members
{
    static string Name(Type type)
    {
        return type.IsByRef ? "&" + Answer.Name(type.GetElementType()) : Answer.Name(type);
    }

    static void Print(Type type, string kind, string name, Type result, ParameterInfo[] parameters)
    {
        var types = parameters.Select(p => (p.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "") + Name(p.ParameterType));
        Console.WriteLine(string.Join("\t", new[] { Answer.Name(type), kind, name, Name(result) }.Concat(types)));
    }

    // Their assemblies are loaded with them.
    static readonly Type[] Known = { typeof(System.Xml.Linq.XElement), typeof(Newtonsoft.Json.Linq.JObject), typeof(System.Net.WebUtility),
        typeof(Uri), typeof(System.Net.IPAddress), typeof(System.Text.RegularExpressions.Regex), typeof(System.Collections.Generic.List<int>) };

    static void Main(string[] names)
    {
        var loaded = Known.Select(t => t.Assembly).ToArray();
        foreach (var name in names)
        {
            var type = Type.GetType(name) ?? loaded.Select(a => a.GetType(name)).FirstOrDefault(t => t != null);
            if (type == null) { Console.Error.WriteLine("no type " + name); continue; }
            foreach (var c in type.GetConstructors()) Print(type, "new", "new", type, c.GetParameters());
            foreach (var f in type.GetFields(BindingFlags.Public | BindingFlags.Static))
                Print(type, "constant", f.Name, f.FieldType, new ParameterInfo[0]);
            foreach (var p in type.GetProperties(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance))
            {
                if (p.GetGetMethod() == null) continue;
                var index = p.GetIndexParameters();
                Print(type, p.GetGetMethod().IsStatic ? "constant" : index.Length > 0 ? "index" : "property", p.Name, p.PropertyType, index);
            }
            foreach (var m in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance))
            {
                if (m.IsGenericMethod || m.DeclaringType == typeof(object)) continue;
                if (m.IsSpecialName && !m.Name.StartsWith("op_")) continue;
                Print(type, m.Name.StartsWith("op_") ? "operator" : m.IsStatic ? "static" : "method", m.Name, m.ReturnType, m.GetParameters());
            }
        }
    }
}
