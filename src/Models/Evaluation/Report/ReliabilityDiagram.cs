using static ModelService.Models.Evaluation.Report.ReportText;

namespace ModelService.Models.Evaluation.Report;

/// <summary>Draws how often a network is right, by how sure it is.</summary>
internal static class ReliabilityDiagram
{
    // Pixels of the drawing: the diagram is a square, and the shares of images are bars below it.
    private const int Side = 360;
    private const int Left = 52;
    private const int Top = 12;
    private const int BarsTop = Top + Side + 14;
    private const int BarsHeight = 60;

    /// <summary>Writes the section, with the figures of the drawing as a table.</summary>
    /// <param name="calibration">The figures.</param>
    public static Html Write(Calibration calibration)
    {
        var bins = calibration.Bins.Index().Where(bin => bin.Item.Count > 0).ToList();
        return Html.Of(
            $"""
            <section aria-labelledby="reliability">
            <h2 id="reliability">Reliability</h2>
            <p>Among the images of which the network is 80 % sure, it should be right about 80 %. Bars below the
            diagonal: it is too sure. Bars above it: too timid. The lower bars show where the images are.</p>
            <svg class="diagram" viewBox="0 0 {Left + Side + 16} {BarsTop + BarsHeight + 46}" role="img"
            aria-label="Reliability diagram; the table below has its figures">
            {Html.Each([0, 0.2, 0.4, 0.6, 0.8, 1], WriteTick)}
            {Html.Each(bins, bin => WriteBin(bin.Index, bin.Item, calibration))}
            <line class="diagonal" x1="{X(0):0.#}" y1="{Y(0):0.#}" x2="{X(1):0.#}" y2="{Y(1):0.#}"/>
            <text x="{X(0.5):0.#}" y="{BarsTop + BarsHeight + 40}" text-anchor="middle">confidence in %</text>
            <text transform="translate(14 {Y(0.5):0.#}) rotate(-90)" text-anchor="middle">accuracy in %</text>
            </svg>
            <details>
            <summary>The figures as a table</summary>
            <div class="wide" role="region" aria-labelledby="reliability" tabindex="0">
            <table>
            <thead><tr><th scope="col">confidence</th><th scope="col">images</th><th scope="col">mean
            confidence</th><th scope="col">accuracy</th></tr></thead>
            <tbody>
            {Html.Each(bins, bin => WriteRow(bin.Index, bin.Item, calibration.Bins.Count))}
            </tbody>
            </table>
            </div>
            </details>
            </section>
            """
        );
    }

    private static Html WriteTick(double share) =>
        Html.Of(
            $"""
            <line class="grid" x1="{X(0):0.#}" y1="{Y(share):0.#}" x2="{X(1):0.#}" y2="{Y(share):0.#}"/>
            <text x="{Left - 6}" y="{Y(share) + 5:0.#}" text-anchor="end">{100 * share:0}</text>
            <text x="{X(share):0.#}" y="{BarsTop + BarsHeight + 20}" text-anchor="middle">{100 * share:0}</text>

            """
        );

    private static Html WriteBin(int index, CalibrationBin bin, Calibration calibration)
    {
        var width = (double)Side / calibration.Bins.Count;
        var most = calibration.Bins.Max(item => item.Count);
        var share = (double)BarsHeight * bin.Count / most;
        return Html.Of(
            $"""
            <rect class="accuracy" x="{Left + (index * width) + 1:0.#}" y="{Y(bin.Accuracy):0.#}" width="{width
                - 2:0.#}" height="{Side * bin.Accuracy:0.#}"/>
            <circle class="confidence" cx="{X(bin.Confidence):0.#}" cy="{Y(bin.Accuracy):0.#}" r="4"/>
            <rect class="images" x="{Left + (index * width) + 1:0.#}" y="{BarsTop
                + BarsHeight
                - share:0.#}" width="{width - 2:0.#}" height="{share:0.#}"/>

            """
        );
    }

    private static Html WriteRow(int index, CalibrationBin bin, int bins) =>
        Html.Of(
            $"""
            <tr><th scope="row">{Percent(
                new Interval((double)index / bins, (index + 1.0) / bins)
            )}</th><td>{bin.Count}</td>
            <td>{Percent(bin.Confidence)}</td><td>{Percent(bin.Accuracy)}</td></tr>

            """
        );

    private static double X(double share) => Left + (Side * share);

    private static double Y(double share) => Top + (Side * (1 - share));
}
