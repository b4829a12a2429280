using static ModelService.Models.Evaluation.Report.ReportText;

namespace ModelService.Models.Evaluation.Report;

/// <summary>The images worth a look.</summary>
internal static class ImagesSection
{
    private static readonly string[] Pictures = ["image/png", "image/jpeg", "image/webp"];

    /// <summary>Writes the mistakes that the network is most sure of.</summary>
    /// <param name="content">What the report tells.</param>
    public static Html Mistakes(ReportContent content) =>
        content.Mistakes.Count == 0
            ? Section("mistakes", "Confident mistakes", "The network is right about every image.", Html.Empty)
            : Section(
                "mistakes",
                "Confident mistakes",
                "The images that the network is wrong about and most sure of.",
                Html.Each(
                    content.Mistakes,
                    item =>
                        Figure(
                            item.Image,
                            content.Classes[item.Mistake.Label],
                            "network",
                            content.Classes[item.Mistake.Predicted],
                            item.Mistake.Confidence
                        )
                )
            );

    /// <summary>Writes the images whose labels may be wrong.</summary>
    /// <param name="content">What the report tells.</param>
    public static Html Suspects(ReportContent content) =>
        content.Suspects.Count == 0
            ? Section("suspects", "Suspected labels", "No label looks wrong.", Html.Empty)
            : Section(
                "suspects",
                "Suspected labels",
                "These labels may be wrong: the network is less sure of the label than it is of most images with that "
                    + "label, and as sure of another class as it is of that class (confident learning, Northcutt et "
                    + "al. 2021). Look at them before you trust the figures.",
                Html.Each(
                    content.Suspects,
                    item =>
                        Figure(
                            item.Image,
                            content.Classes[item.Suspect.Label],
                            "perhaps",
                            content.Classes[item.Suspect.Suggested],
                            item.Suspect.SuggestedProbability
                        )
                )
            );

    private static Html Section(string id, string title, string text, Html figures) =>
        Html.Of(
            $"""
            <section aria-labelledby="{id}">
            <h2 id="{id}">{title}</h2>
            <p>{text}</p>
            <div class="pictures">
            {figures}</div>
            </section>
            """
        );

    private static Html Figure(ReportImage image, string label, string verb, string other, double probability) =>
        Html.Of(
            $"""
            <figure>
            {Picture(image)}
            <figcaption><span>label: <strong>{Label(label)}</strong></span>
            <span>{verb}: <strong>{Label(other)}</strong>, {Percent(probability)}</span>
            <small>{Label(image.Name)}</small></figcaption>
            </figure>

            """
        );

    private static Html Picture(ReportImage image) =>
        image.Thumbnail.IsEmpty || !Pictures.Contains(image.ContentType)
            ? Html.Of($"<div class=\"missing\">no picture</div>")
            : Html.Of(
                $"<img src=\"data:{image.ContentType};base64,{Html.Trusted(
                    Convert.ToBase64String(image.Thumbnail.Span)
                )}\" alt=\"{Shorten(image.Name)}\" loading=\"lazy\">"
            );
}
