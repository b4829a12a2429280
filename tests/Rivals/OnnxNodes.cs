using ModelService.Models.Graph;

namespace ModelService.Rivals;

/// <summary>One node of a graph.</summary>
/// <param name="Type">The operator of ONNX.</param>
/// <param name="Inputs">Names of values and of constants.</param>
/// <param name="Output">The name of its value.</param>
/// <param name="Attributes">Its attributes, as messages.</param>
internal sealed record OnnxNode(string Type, IReadOnlyList<string> Inputs, string Output, params byte[][] Attributes);

/// <summary>The nodes of one operator.</summary>
/// <param name="item">The operator; its value is the last node's.</param>
internal sealed class OnnxNodes(Operator item)
{
    private readonly List<OnnxNode> nodes = [];

    /// <summary>The nodes, in their order.</summary>
    public IReadOnlyList<OnnxNode> All => nodes;

    /// <summary>The name of a list of whole numbers, as a constant.</summary>
    public static string Numbers(IEnumerable<long> numbers) => $"[{string.Join(",", numbers)}]";

    /// <summary>The constants that say which part of a dimension is taken.</summary>
    public static string[] Part(long start, long end, long dimension) =>
        [Numbers([start]), Numbers([end]), Numbers([dimension])];

    /// <summary>Adds a node.</summary>
    /// <returns>The name of its value.</returns>
    public string Add(string type, IReadOnlyList<string> inputs, params byte[][] attributes)
    {
        var node = new OnnxNode(type, inputs, $"{item.Output}_{nodes.Count}", attributes);
        nodes.Add(node);
        return node.Output;
    }

    /// <summary>Adds the last node.</summary>
    public void End(string type, IReadOnlyList<string> inputs, params byte[][] attributes) =>
        nodes.Add(new OnnxNode(type, inputs, $"{item.Output}", attributes));
}
