using System.Globalization;
using System.Text;
using ModelService.Models.Language.Analysis;

namespace ModelService.Models.Language.Writing;

/// <summary>
/// Writes a network as torch.nn source that builds the same module with the same keys, for a person to read and to run
/// in PyTorch; the service does not run it. Each block with a key of its own becomes a class: its constructor registers
/// the block's layers, its forward runs them.
/// </summary>
public sealed class PyTorchSource
{
    private readonly List<string> classes = [];
    private readonly List<string> helpers = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    private PyTorchSource() { }

    /// <summary>Whether the source has the layers that only training computes.</summary>
    internal bool HasTrainingLayers { get; private init; }

    /// <summary>The source text.</summary>
    /// <param name="analysis">The network, analysed without an error.</param>
    /// <param name="hasTrainingLayers">
    /// Whether the module has the layers that only training computes, and so their tensors; it doesn't run them.
    /// </param>
    public static string Write(ArchitectureAnalysis analysis, bool hasTrainingLayers = false)
    {
        var source = new PyTorchSource { HasTrainingLayers = hasTrainingLayers };
        source.AddClass(
            "Network",
            block => block.Chain(analysis.Layers, "x"),
            StateDictOrder.Members(analysis.Layers, [])
        );
        var text = new StringBuilder("import torch\nfrom torch import nn\n");
        foreach (var item in source.helpers.Concat(source.classes))
            text.Append("\n\n").Append(item).Append('\n');
        return text.Append(
                CultureInfo.InvariantCulture,
                $"\n\nmodel = Network().eval()  # input: [N, {string.Join(", ", analysis.Input.Sizes)}]\n"
            )
            .ToString();
    }

    /// <summary>Adds a class for a block.</summary>
    /// <param name="name">Name of the class.</param>
    /// <param name="forward">Writes the layers; gives the variable of the result.</param>
    /// <param name="members">The layers in the order of their tensors in the state dict.</param>
    /// <returns>The name of the class.</returns>
    internal string AddClass(string name, Func<PyTorchBlock, string> forward, IReadOnlyList<LayerNode> members)
    {
        var block = new PyTorchBlock(this);
        var result = forward(block);
        var places = members.Index().ToDictionary(item => StateDictOrder.NameOf(item.Item), item => item.Index);
        var registrations = block.Registrations.OrderBy(item => places.GetValueOrDefault(item.Name, places.Count));
        classes.Add(
            $"""
            class {name}(nn.Module):
                def __init__(self):
                    super().__init__()
            {string.Concat(registrations.Select(item => $"        {item.Line}\n"))}
                def forward(self, x):
            {string.Concat(block.Statements.Select(line => $"        {line}\n"))}        return {result}
            """
        );
        return name;
    }

    /// <summary>Puts a class that layers need before all others, once.</summary>
    internal void AddHelper(string definition)
    {
        if (!helpers.Contains(definition))
            helpers.Add(definition);
    }

    /// <summary>
    /// A class name that no other block has: the block's key with underscores for dots and all other characters that a
    /// name can't have, and a number when another key gives the same name.
    /// </summary>
    internal string ClassName(LayerNode node)
    {
        var name =
            "Block_" + string.Concat(node.Key.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));
        var unique = name;
        for (var number = 2; !names.Add(unique); number++)
            unique = $"{name}_{number}";
        return unique;
    }
}
