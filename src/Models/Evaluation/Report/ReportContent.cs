namespace ModelService.Models.Evaluation.Report;

/// <summary>What a report tells.</summary>
/// <param name="Title">What was evaluated, such as "pets, version 3".</param>
/// <param name="Subject">On what, such as "data set pets, revision 2, split test".</param>
/// <param name="Finished">When the evaluation finished.</param>
/// <param name="Classes">The labels of the classes, by index.</param>
/// <param name="Metrics">The figures.</param>
/// <param name="Temperature">The fitted temperature.</param>
/// <param name="Unusable">The number of images that could not be scored, and do not count.</param>
/// <param name="Mistakes">The most confident mistakes, with their images.</param>
/// <param name="Suspects">The labels that are probably wrong, with their images.</param>
internal sealed record ReportContent(
    string Title,
    string Subject,
    DateTimeOffset Finished,
    IReadOnlyList<string> Classes,
    ClassificationMetrics Metrics,
    Temperature Temperature,
    int Unusable,
    IReadOnlyList<(ConfidentMistake Mistake, ReportImage Image)> Mistakes,
    IReadOnlyList<(LabelSuspect Suspect, ReportImage Image)> Suspects
);

/// <summary>An image in a report.</summary>
/// <param name="Name">The name of its file, or its identity.</param>
/// <param name="ContentType">The media type of the thumbnail, such as <c>image/png</c>.</param>
/// <param name="Thumbnail">A small picture of the image; empty when there is none.</param>
internal sealed record ReportImage(string Name, string ContentType, ReadOnlyMemory<byte> Thumbnail);
