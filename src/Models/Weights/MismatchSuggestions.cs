namespace ModelService.Models.Weights;

/// <summary>Guesses what is the matter where the differences have a pattern.</summary>
internal static class MismatchSuggestions
{
    public static IReadOnlyList<string> For(
        IReadOnlyList<TensorSpec> expected,
        IReadOnlyList<TensorSpec> missing,
        IReadOnlyList<StoredTensor> unexpected,
        IReadOnlyList<ShapeMismatch> shapes)
    {
        TensorSpec[] needed = [.. missing.Where(spec => !spec.IsCounter)];
        if (needed.Length == 0 && unexpected.Count == 0 && IsHead(expected, shapes))
        {
            return [$"Only the head differs: it has {shapes[0].Found[0]} outputs in the file and {shapes[0].Expected[0]} in the "
                + "architecture. Change the architecture's number of classes, or load with allow_partial to begin with a random head."];
        }

        StoredTensor[] others = [.. unexpected.Where(tensor => !tensor.Name.EndsWith(".num_batches_tracked", StringComparison.Ordinal))];
        if (needed.Length > 0 && needed.Length == others.Length && shapes.Count == 0
            && needed.Zip(others).All(pair => pair.First.Shape.SequenceEqual(pair.Second.Shape)))
        {
            return ["The missing and the unexpected tensors have the same shapes in the same order, so just the names seem to differ: "
                + $"name the layers as the file does ({Unreadable.Quote(others[0].Name)} stands for {Unreadable.Quote(needed[0].Name)})."];
        }

        return [];
    }

    /// <summary>The last tensors of all, and just their first size differs, everywhere in the same way.</summary>
    private static bool IsHead(IReadOnlyList<TensorSpec> expected, IReadOnlyList<ShapeMismatch> shapes) =>
        shapes.Count is > 0 and <= 2
        && expected.TakeLast(shapes.Count).Select(spec => spec.Name).SequenceEqual(shapes.Select(shape => shape.Name))
        && shapes.All(shape =>
            shape.Expected.Count > 0
            && shape.Expected.Count == shape.Found.Count
            && shape.Expected.Skip(1).SequenceEqual(shape.Found.Skip(1))
            && shape.Expected[0] == shapes[0].Expected[0]
            && shape.Found[0] == shapes[0].Found[0]);
}
