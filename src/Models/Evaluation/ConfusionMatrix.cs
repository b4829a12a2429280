namespace ModelService.Models.Evaluation;

/// <summary>
/// How many images of each class were taken for which class. Only cells with images take memory, so that many classes
/// do not matter.
/// </summary>
public sealed class ConfusionMatrix
{
    private readonly Dictionary<(int Label, int Predicted), int> cells = [];
    private readonly int[] labelled;
    private readonly int[] predicted;

    internal ConfusionMatrix(IReadOnlyList<int> labels, IReadOnlyList<int> predictions, int classes)
        : this(classes, labels.Zip(predictions, (label, predicted) => new ConfusionCell(label, predicted, 1))) { }

    internal ConfusionMatrix(int classes, IEnumerable<ConfusionCell> counts)
    {
        (labelled, predicted) = (new int[classes], new int[classes]);
        foreach (var cell in counts)
        {
            var place = (cell.Label, cell.Predicted);
            cells[place] = cells.GetValueOrDefault(place) + cell.Count;
            labelled[cell.Label] += cell.Count;
            predicted[cell.Predicted] += cell.Count;
        }
    }

    /// <summary>The number of classes.</summary>
    public int Classes => labelled.Length;

    /// <summary>The images of a cell.</summary>
    /// <param name="label">The class by the label: the row.</param>
    /// <param name="prediction">The class by the network: the column.</param>
    public int this[int label, int prediction] => cells.GetValueOrDefault((label, prediction));

    /// <summary>The images with a label.</summary>
    /// <param name="label">The class.</param>
    public int Labelled(int label) => labelled[label];

    /// <summary>The images that the network takes for a class.</summary>
    /// <param name="prediction">The class.</param>
    public int Predicted(int prediction) => predicted[prediction];

    /// <summary>The cells with images, by row and column.</summary>
    public IReadOnlyList<ConfusionCell> Cells =>
        [
            .. cells
                .OrderBy(cell => cell.Key)
                .Select(cell => new ConfusionCell(cell.Key.Label, cell.Key.Predicted, cell.Value)),
        ];

    /// <summary>The cells of mistakes, those with the most images first.</summary>
    public IReadOnlyList<ConfusionCell> Confusions =>
        [.. Cells.Where(cell => cell.Label != cell.Predicted).OrderByDescending(cell => cell.Count)];
}

/// <summary>A cell of a confusion matrix.</summary>
/// <param name="Label">The class by the label.</param>
/// <param name="Predicted">The class by the network.</param>
/// <param name="Count">The number of images.</param>
public sealed record ConfusionCell(int Label, int Predicted, int Count);
