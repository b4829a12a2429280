using ModelService.Models.Errors;

namespace ModelService.Models.Prediction;

/// <summary>Classifies photos in this process, without HTTP. Thread-safe.</summary>
/// <remarks>
/// Photos of simultaneous callers are computed together, in batches, with those that arrive over HTTP.
/// </remarks>
public interface IClassifier
{
    /// <summary>Classifies a photo with the default version of a model, or one that its routes choose.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="photo">The file: JPEG, PNG, WebP, GIF, BMP or TIFF. It is read to its end.</param>
    /// <param name="cancellationToken">Cancels the work, if it has not begun.</param>
    /// <returns>The scores of all classes.</returns>
    /// <exception cref="ServingException">
    /// It can't be done: <see cref="ErrorCode.ModelNotFound"/>, <see cref="ErrorCode.ImageUndecodable"/>,
    /// <see cref="ErrorCode.Overloaded"/> and others, as <see cref="PredictionService.PredictAsync"/> lists them.
    /// </exception>
    Task<Classification> ClassifyAsync(string model, Stream photo, CancellationToken cancellationToken = default);

    /// <summary>
    /// Classifies a photo for a caller, who always gets the same version while the model has routes.
    /// </summary>
    /// <param name="model">The model's name.</param>
    /// <param name="photo">As above.</param>
    /// <param name="client">What names the caller, such as the id of a user; null: nothing does.</param>
    /// <param name="cancellationToken">As above.</param>
    /// <returns>As above.</returns>
    /// <exception cref="ServingException">As above.</exception>
    Task<Classification> ClassifyAsync(
        string model,
        Stream photo,
        string? client,
        CancellationToken cancellationToken = default
    );
}

/// <summary>What a photo shows.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The number of the version that computed the scores.</param>
/// <param name="Classes">All classes, the best first.</param>
public sealed record Classification(string Model, int Version, IReadOnlyList<ClassScore> Classes)
{
    /// <summary>The best class.</summary>
    public ClassScore Best => Classes[0];
}

/// <summary>The score of a class.</summary>
/// <param name="Index">Its index among the network's outputs, from 0.</param>
/// <param name="Label">Its label; null for a model without labels.</param>
/// <param name="Probability">Its probability, from 0 to 1.</param>
/// <param name="Logit">The network's output for it.</param>
public sealed record ClassScore(int Index, string? Label, float Probability, float Logit);
