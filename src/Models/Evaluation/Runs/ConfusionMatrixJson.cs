using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelService.Models.Evaluation.Runs;

/// <summary>Stores a confusion matrix as its cells with images: rows of label, prediction and number.</summary>
internal sealed class ConfusionMatrixJson : JsonConverter<ConfusionMatrix>
{
    /// <inheritdoc/>
    public override ConfusionMatrix Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        var stored = JsonSerializer.Deserialize<Stored>(ref reader, options)!;
        return new ConfusionMatrix(
            stored.Classes,
            stored.Cells.Select(cell => new ConfusionCell(cell[0], cell[1], cell[2]))
        );
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ConfusionMatrix value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(
            writer,
            new Stored(value.Classes, [.. value.Cells.Select(cell => (int[])[cell.Label, cell.Predicted, cell.Count])]),
            options
        );

    private sealed record Stored(int Classes, IReadOnlyList<int[]> Cells);
}
