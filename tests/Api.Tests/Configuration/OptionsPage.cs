using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ModelService.Api.Tests.Configuration;

/// <summary>Writes the options' own comments as tables of Markdown.</summary>
internal static partial class OptionsPage
{
    private const string Root = "ModelService:";

    /// <summary>The configuration section of options.</summary>
    public static string SectionOf(Type options) =>
        options.GetField("Section")?.GetRawConstantValue() as string
        ?? throw new InvalidOperationException($"{options} does not say its Section.");

    /// <summary>The options of a class.</summary>
    public static IEnumerable<PropertyInfo> PropertiesOf(Type options) =>
        options.GetProperties(BindingFlags.Public | BindingFlags.Instance);

    /// <summary>The environment variable that sets an option. For a list, the one of its first element.</summary>
    public static string VariableOf(PropertyInfo property)
    {
        var name = $"{SectionOf(property.DeclaringType!)}:{property.Name}";
        return (typeof(IEnumerable<object>).IsAssignableFrom(property.PropertyType) ? name + ":0" : name).Replace(
            ":",
            "__",
            StringComparison.Ordinal
        );
    }

    /// <summary>What an option's comment says of its unit, range and default.</summary>
    public static string ValueOf(PropertyInfo property) => Text(Comment(property).Element("value"));

    /// <summary>A section for each section of the configuration, by name, in it a line for each option.</summary>
    public static string Write(IEnumerable<Type> options)
    {
        var page = new StringBuilder();
        foreach (var section in options.GroupBy(SectionOf).OrderBy(section => section.Key, StringComparer.Ordinal))
        {
            page.Append($"## {section.Key[Root.Length..]}\n\n");
            foreach (
                var type in section
                    .OrderBy(type => type.Assembly.FullName, StringComparer.Ordinal)
                    .ThenBy(type => type.Name, StringComparer.Ordinal)
            )
            {
                page.Append(
                    $"{Text(Comment(type).Element("summary"))}\n\n| option | environment variable | meaning | "
                        + "unit, range, default |\n|---|---|---|---|\n"
                );
                foreach (var property in PropertiesOf(type))
                {
                    page.Append(
                        $"| `{property.Name}` | `{VariableOf(property)}` | "
                            + $"{Text(Comment(property).Element("summary"))} | {ValueOf(property)} |\n"
                    );
                }

                page.Append('\n');
            }
        }

        return page.ToString();
    }

    private static XElement Comment(MemberInfo member)
    {
        var type = member as Type ?? member.DeclaringType!;
        var id = member is Type ? $"T:{type.FullName}" : $"P:{type.FullName}.{member.Name}";
        var comments = XDocument.Load(Path.ChangeExtension(type.Assembly.Location, ".xml"));
        return comments.Descendants("member").Single(comment => (string?)comment.Attribute("name") == id);
    }

    private static string Text(XElement? comment)
    {
        if (comment is null)
            return "";
        var text = string.Concat(
            comment
                .Nodes()
                .Select(node =>
                    node switch
                    {
                        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
                        XElement { Name.LocalName: "see" } see =>
                            $"`{((string)see.Attribute("cref")!).Split('.')[^1]}`",
                        XText plain => plain.Value,
                        _ => throw new InvalidOperationException($"The page does not know how to write {node}."),
                    }
                )
        );
        return Spaces().Replace(text, " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
