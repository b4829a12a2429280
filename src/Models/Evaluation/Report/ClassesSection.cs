using static ModelService.Models.Evaluation.Report.ReportText;

namespace ModelService.Models.Evaluation.Report;

/// <summary>The figures of each class.</summary>
internal static class ClassesSection
{
    /// <summary>Writes the section, weak classes first and those without images last.</summary>
    /// <param name="metrics">The figures.</param>
    /// <param name="classes">The labels of the classes.</param>
    public static Html Write(ClassificationMetrics metrics, IReadOnlyList<string> classes) =>
        Html.Of(
            $"""
            <section aria-labelledby="classes">
            <h2 id="classes">Classes</h2>
            <p>Precision: of the images that the network takes for the class, those that are of it. Recall: of the
            images of the class, those that the network finds. F1 is their harmonic mean. Below each share is its 95 %
            interval. The weakest class is first.</p>
            <div class="wide" role="region" aria-labelledby="classes" tabindex="0">
            <table>
            <thead><tr><th scope="col">class</th><th scope="col">images</th><th scope="col">precision</th>
            <th scope="col">recall</th><th scope="col">F1</th></tr></thead>
            <tbody>
            {Html.Each(
                metrics
                    .PerClass.Zip(classes)
                    .OrderBy(item => item.First.Support == 0)
                    .ThenBy(item => item.First.F1.Value),
                item => WriteRow(item.First, item.Second)
            )}
            </tbody>
            </table>
            </div>
            </section>
            """
        );

    private static Html WriteRow(ClassMetrics metrics, string label) =>
        Html.Of(
            $"""
            <tr><th scope="row">{Label(label)}</th><td>{metrics.Support}</td>
            {Share(metrics.Precision)}{Share(metrics.Recall)}{Share(metrics.F1)}</tr>

            """
        );

    // An interval of 0 to 1: there is nothing to divide by.
    private static Html Share(Proportion share) =>
        share.Interval == new Interval(0, 1)
            ? Html.Of($"<td>\u2013</td>")
            : Html.Of($"<td>{Percent(share.Value)}<small>{Percent(share.Interval)}</small></td>");
}
