namespace ModelService.Models.Language;

/// <summary>A class, named by its index or by its label.</summary>
/// <param name="Index">Its place among the scores, from 0; null: not known yet.</param>
/// <param name="Label">The label it was named by; null: it was named by its index.</param>
public sealed record ClassReference(int? Index, string? Label)
{
    /// <summary>The class of that label; when there is none, the class that it was before.</summary>
    internal ClassReference Among(IReadOnlyList<string> labels)
    {
        var place = labels.Index().Where(item => item.Item == Label).Select(item => (int?)item.Index).FirstOrDefault();
        return place is null ? this : this with { Index = place };
    }
}
