namespace ModelService.Models.Language;

/// <summary>A class, named by its index or by its label.</summary>
/// <param name="Index">The position of its score, from 0; null: not known yet.</param>
/// <param name="Label">The label that names it; null: its index names it.</param>
public sealed record ClassReference(int? Index, string? Label)
{
    /// <summary>
    /// The reference with the index that its label has among these labels; unchanged when the label is not among them.
    /// </summary>
    internal ClassReference WithIndexIn(IReadOnlyList<string> labels)
    {
        var index = labels.Index().Where(item => item.Item == Label).Select(item => (int?)item.Index).FirstOrDefault();
        return index is null ? this : this with { Index = index };
    }
}
