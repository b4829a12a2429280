namespace ModelService.Models.Language.Predefined;

/// <summary>Weights that come with the service: of a network that was trained on ImageNet.</summary>
/// <param name="Architecture">The predefined architecture that they belong to.</param>
/// <param name="File">The file's name in the folder <c>pretrained</c> beside the program.</param>
/// <param name="Preprocessing">The preset that the network was trained with.</param>
/// <param name="IsBgr">Whether the network in the file takes blue before green before red.</param>
public sealed record PretrainedWeights(string Architecture, string File, PreprocessingPreset Preprocessing, bool IsBgr)
{
    /// <summary>All such weights, whether or not this build has their files.</summary>
    public static IReadOnlyList<PretrainedWeights> All { get; } =
    [new("resnet18_mlnet", "resnet18_mlnet.onnx", PreprocessingPreset.ImagenetMean, IsBgr: true)];

    /// <summary>The path of the file.</summary>
    public string Path => System.IO.Path.Combine(AppContext.BaseDirectory, "pretrained", File);

    /// <summary>Whether this build has the file.</summary>
    public bool IsThere => System.IO.File.Exists(Path);

    /// <summary>The weights of a predefined architecture; null if there are none.</summary>
    /// <param name="architecture">Its name.</param>
    public static PretrainedWeights? Find(string architecture) =>
        All.FirstOrDefault(weights => weights.Architecture == architecture);
}
