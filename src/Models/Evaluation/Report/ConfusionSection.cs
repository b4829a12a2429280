using static ModelService.Models.Evaluation.Report.ReportText;

namespace ModelService.Models.Evaluation.Report;

/// <summary>The confusion matrix; of many classes, the pairs that are confused most.</summary>
internal static class ConfusionSection
{
    private const int LargestMatrix = 40;
    private const int MostPairs = 50;
    private const int ShortLabel = 3; // which is not turned

    /// <summary>Writes the section.</summary>
    /// <param name="confusion">The matrix.</param>
    /// <param name="classes">The labels of the classes.</param>
    public static Html Write(ConfusionMatrix confusion, IReadOnlyList<string> classes) =>
        Html.Of(
            $"""
            <section aria-labelledby="confusion">
            <h2 id="confusion">Confusion</h2>
            {(confusion.Classes <= LargestMatrix ? WriteMatrix(confusion, classes) : WritePairs(confusion, classes))}
            </section>
            """
        );

    private static Html WriteMatrix(ConfusionMatrix confusion, IReadOnlyList<string> classes) =>
        Html.Of(
            $"""
            <p>A row has the images with one label, a column those that the network takes for one class. Blue is right,
            orange is wrong; the darker, the greater the part of the row.</p>
            <div class="wide" role="region" aria-labelledby="confusion" tabindex="0">
            <table class="{(classes.All(label => label.Length <= ShortLabel) ? "matrix short" : "matrix")}">
            <thead>
            <tr><td></td>{Html.Each(classes, label =>
                Html.Of($"<th scope=\"col\"><span title=\"{Shorten(label)}\">{Label(label)}</span></th>"))}</tr>
            </thead>
            <tbody>
            {Html.Each(classes.Index(), row => Html.Of(
                $"<tr><th scope=\"row\"><span title=\"{Shorten(row.Item)}\">{Label(row.Item)}</span></th>{Html.Each(
                    Enumerable.Range(0, classes.Count),
                    column => WriteCell(confusion, classes, row.Index, column)
                )}</tr>\n"))}
            </tbody>
            </table>
            </div>
            """
        );

    private static Html WriteCell(ConfusionMatrix confusion, IReadOnlyList<string> classes, int row, int column)
    {
        var count = confusion[row, column];
        if (count == 0)
            return Html.Of($"<td></td>");
        var kind = row == column ? "right" : "wrong";
        var total = confusion.Labelled(row);
        return Html.Of(
            $"<td class=\"{kind}\" style=\"--part:{(double)count / total:0.##}\" title=\"{Shorten(
                classes[row]
            )} taken for {Shorten(classes[column])}: {count} of {total}\">{count}</td>"
        );
    }

    private static Html WritePairs(ConfusionMatrix confusion, IReadOnlyList<string> classes)
    {
        var pairs = confusion.Confusions;
        if (pairs.Count == 0)
            return Html.Of($"<p>No image is taken for another class.</p>");
        return Html.Of(
            $"""
            <p>{Count(pairs.Count, "pair")} of classes are confused. These are the first
            {Math.Min(pairs.Count, MostPairs)} by their images:</p>
            <div class="wide" role="region" aria-labelledby="confusion" tabindex="0">
            <table>
            <thead><tr><th scope="col">label</th><th scope="col" class="text">taken for</th><th scope="col">images</th>
            <th scope="col">of the label</th></tr></thead>
            <tbody>
            {Html.Each(pairs.Take(MostPairs), pair => WritePair(pair, confusion, classes))}
            </tbody>
            </table>
            </div>
            """
        );
    }

    private static Html WritePair(ConfusionCell pair, ConfusionMatrix confusion, IReadOnlyList<string> classes) =>
        Html.Of(
            $"""
            <tr><th scope="row">{Label(classes[pair.Label])}</th><td class="text">{Label(classes[pair.Predicted])}</td>
            <td>{pair.Count}</td><td>{Percent((double)pair.Count / confusion.Labelled(pair.Label))}</td></tr>

            """
        );
}
