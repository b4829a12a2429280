using System.Reflection;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Registry;
using YamlDotNet.RepresentationModel;

namespace ModelService.Api.Tests.Operations;

/// <summary>The files that say how the server is run.</summary>
internal static class Deployment
{
    /// <summary>
    /// All settings, by the names of their environment variables, such as <c>ModelService__Storage__Path</c>.
    /// </summary>
    public static IReadOnlySet<string> Settings { get; } =
        (
            from assembly in new[]
            {
                typeof(LimitsOptions).Assembly,
                typeof(ModelCatalog).Assembly,
                typeof(Preprocessor).Assembly,
            }
            from type in assembly.GetTypes()
            let section = type.GetField("Section", BindingFlags.Public | BindingFlags.Static)
            where section is { IsLiteral: true }
            from property in type.GetProperties()
            select $"{section.GetRawConstantValue()}:{property.Name}".Replace(":", "__", StringComparison.Ordinal)
        ).ToHashSet();

    /// <summary>The only document of a YAML file.</summary>
    /// <param name="parts">Its path below <c>docker</c>.</param>
    public static YamlNode Yaml(params string[] parts)
    {
        var yaml = new YamlStream();
        using var reader = File.OpenText(Path(parts));
        yaml.Load(reader);
        return Assert.Single(yaml.Documents).RootNode;
    }

    /// <summary>The full path of a file.</summary>
    /// <param name="parts">Its path below <c>docker</c>.</param>
    public static string Path(params string[] parts) => Repository.Path(["docker", .. parts]);

    /// <summary>What is at a place below a node.</summary>
    public static YamlNode At(this YamlNode node, params string[] keys) => keys.Aggregate(node, (at, key) => at[key]);

    /// <summary>The entries of a mapping at a place below a node.</summary>
    public static IReadOnlyDictionary<string, YamlNode> Entries(this YamlNode node, params string[] keys) =>
        Assert.IsType<YamlMappingNode>(node.At(keys)).ToDictionary(pair => pair.Key.ToString(), pair => pair.Value);

    /// <summary>
    /// The texts of a list or the keys of a mapping at a path below a node; none when the path does not exist.
    /// </summary>
    public static IReadOnlyList<string> Texts(this YamlNode node, string key) =>
        !node.Entries().TryGetValue(key, out var found) ? []
        : found is YamlSequenceNode list ? [.. list.Select(item => item.ToString())]
        : [.. found.Entries().Keys];
}
