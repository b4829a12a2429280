using ModelService.Models.Graph;

namespace ModelService.Rivals;

/// <summary>The nodes of one operator.</summary>
/// <param name="item">The operator; its value is the last node's.</param>
/// <param name="names">Receives the names of constants.</param>
internal sealed class OnnxNodes(Operator item, HashSet<string> names)
{
    private readonly List<byte[]> nodes = [];

    /// <summary>The nodes, in their order.</summary>
    public IReadOnlyList<byte[]> All => nodes;

    /// <summary>The name of a list of whole numbers, as a constant.</summary>
    public static string Numbers(IEnumerable<long> numbers) => $"[{string.Join(",", numbers)}]";

    /// <summary>The constants that say which part of a dimension is taken.</summary>
    public static string[] Part(long start, long end, long dimension) =>
        [Numbers([start]), Numbers([end]), Numbers([dimension])];

    /// <summary>Adds a node.</summary>
    /// <returns>The name of its value.</returns>
    public string Add(string type, IReadOnlyList<string> inputs, params byte[][] attributes) =>
        Add(type, inputs, $"{item.Output}_{nodes.Count}", attributes);

    /// <summary>Adds the last node.</summary>
    public void End(string type, IReadOnlyList<string> inputs, params byte[][] attributes) =>
        Add(type, inputs, $"{item.Output}", attributes);

    private string Add(string type, IReadOnlyList<string> inputs, string output, byte[][] attributes)
    {
        // What is no value is a constant.
        names.UnionWith(
            inputs.Where(name =>
                !item.Inputs.Any(value => $"{value}" == name)
                && !name.StartsWith($"{item.Output}_", StringComparison.Ordinal)
            )
        );
        nodes.Add(
            OnnxFile.Message(node =>
            {
                foreach (var name in inputs)
                    node.Field(1, name);
                node.Field(2, output);
                node.Field(4, type);
                foreach (var attribute in attributes)
                    node.Field(5, attribute);
            })
        );
        return output;
    }
}
