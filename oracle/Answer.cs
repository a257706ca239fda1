// Evaluates questions and prints each answer on one line of ASCII: what lib/expression/tests/oracle.rs prints of ours.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Newtonsoft.Json.Linq;

static class Answer
{
    static readonly Dictionary<Type, string> Keywords = new Dictionary<Type, string> {
        { typeof(bool), "bool" }, { typeof(byte), "byte" }, { typeof(char), "char" }, { typeof(decimal), "decimal" },
        { typeof(double), "double" }, { typeof(float), "float" }, { typeof(int), "int" }, { typeof(long), "long" },
        { typeof(object), "object" }, { typeof(sbyte), "sbyte" }, { typeof(short), "short" },
        { typeof(string), "string" }, { typeof(uint), "uint" }, { typeof(ulong), "ulong" }, { typeof(ushort), "ushort" },
    };

    static StreamWriter output;

    public static void Open(string file)
    {
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        output = new StreamWriter(file);
    }

    public static void Close() { output.Dispose(); }

    public static void Write(int number, Func<object> question)
    {
        string answer;
        try { answer = "= " + Show(question(), 0); }
        catch (Exception e) { answer = "! " + e.GetType().FullName + ": " + Escape(e.Message); }
        output.WriteLine(number + "\t" + answer);
    }

    /// The type as C# writes it, without namespaces.
    public static string Name(Type type)
    {
        string keyword;
        if (Keywords.TryGetValue(type, out keyword)) return keyword;
        if (type.IsArray) return Name(type.GetElementType()) + "[]";
        if (!type.IsGenericType) return type.Name;
        return type.Name.Split('`')[0] + "<" + string.Join(", ", type.GetGenericArguments().Select(Name)) + ">";
    }

    static string Show(object value, int depth)
    {
        if (value == null) return "null";
        if (depth > 5) return "...";
        var type = value.GetType();
        if (value is string) return "\"" + Escape((string)value) + "\"";
        if (value is DateTime) { var d = (DateTime)value; return "DateTime " + d.Ticks + " " + d.Kind; }
        if (value is DateTimeOffset) { var d = (DateTimeOffset)value; return "DateTimeOffset " + d.Ticks + " " + d.Offset.TotalMinutes; }
        if (type.Name.StartsWith("<>")) return "anonymous " + Escape(value.ToString());
        if (type.Name.StartsWith("ValueTuple")) return "tuple " + Escape(value.ToString());
        if (value is Exception) return type.Name + " " + Escape(((Exception)value).Message);
        if (value is IDictionary && type.IsGenericType)
            return Name(type) + " {" + string.Join(", ", ((IDictionary)value).Cast<object>().Select(e => Pair(e, depth))) + "}";
        if (type.IsArray || type.IsGenericType && type.Name.StartsWith("List`"))
            return Name(type) + " {" + string.Join(", ", ((IEnumerable)value).Cast<object>().Select(e => Show(e, depth + 1))) + "}";
        if (value is IEnumerable && !(value is JToken) && !type.Namespace.Contains("Xml"))
            return "sequence {" + string.Join(", ", ((IEnumerable)value).Cast<object>().Select(e => Show(e, depth + 1))) + "}";
        return Name(type) + " " + Escape(value.ToString());
    }

    static string Pair(object entry, int depth)
    {
        var type = entry.GetType();
        return Show(type.GetProperty("Key").GetValue(entry), depth + 1) + ": " + Show(type.GetProperty("Value").GetValue(entry), depth + 1);
    }

    static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var c in text)
        {
            if (c == '\\' || c == '"') escaped.Append('\\').Append(c);
            else if (c == '\n') escaped.Append("\\n");
            else if (c == '\r') escaped.Append("\\r");
            else if (c == '\t') escaped.Append("\\t");
            else if (c < ' ' || c > '~') escaped.Append("\\u").Append(((int)c).ToString("x4"));
            else escaped.Append(c);
        }
        return escaped.ToString();
    }
}
