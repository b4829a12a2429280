using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Analysis;

/// <summary>
/// The order of tensors in a state dict, which is that of <c>nn.Module</c>: a module's own tensors first, then its
/// layers as they are registered.
/// </summary>
internal static class StateDictOrder
{
    /// <summary>The tensors of a layer and of all layers in it.</summary>
    public static IEnumerable<TensorSpec> Tensors(LayerNode node) =>
        node.Tensors.Concat(Members(node).SelectMany(Tensors));

    /// <summary>
    /// The layers with a key right under that of a block: those of blocks without a key among them, and those that are
    /// tensors of the block first.
    /// </summary>
    public static IReadOnlyList<LayerNode> Members(LayerNode block) =>
        Members(block.Children, block.Definition.NamesInOrder);

    /// <summary>The layers with a key right under that of their parent.</summary>
    /// <param name="layers">The layers, in the order in which they run.</param>
    /// <param name="order">Names of layers in another order, which take each other's places.</param>
    public static IReadOnlyList<LayerNode> Members(IReadOnlyList<LayerNode> layers, IReadOnlyList<string> order)
    {
        var members = layers
            .SelectMany(layer => layer.Definition.IsKeyed ? [layer] : Members(layer))
            .OrderBy(layer => !layer.Definition.IsParameter)
            .ToList();
        if (order.Count == 0)
            return members;
        var listed = members
            .Where(layer => order.Contains(NameOf(layer)))
            .OrderBy(layer => order.Index().First(item => item.Item == NameOf(layer)).Index);
        var next = new Queue<LayerNode>(listed);
        return [.. members.Select(layer => order.Contains(NameOf(layer)) ? next.Dequeue() : layer)];
    }

    /// <summary>The last part of a layer's key.</summary>
    public static string NameOf(LayerNode layer) => layer.Key[(layer.Key.LastIndexOf('.') + 1)..];
}
