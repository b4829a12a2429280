namespace ModelService.Models.Language.Predefined;

/// <summary>The classes that the predefined networks were trained for: those of ImageNet, 2012.</summary>
public static class ImageNetClasses
{
    /// <summary>
    /// The names of the 1,000 classes, in the order of the scores. Source: torchvision's <c>_IMAGENET_CATEGORIES</c>.
    /// </summary>
    public static IReadOnlyList<string> All { get; } = Read();

    private static string[] Read()
    {
        using var stream = typeof(ImageNetClasses).Assembly.GetManifestResourceStream("imagenet.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
