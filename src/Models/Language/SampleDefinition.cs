using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language;

/// <summary>
/// A golden sample: an input and its expected result. A version must reproduce it to become the default.
/// </summary>
public sealed record SampleDefinition
{
    /// <summary>The bytes of an image file; in JSON, base64.</summary>
    [Description("A picture's bytes in base64; a data: URI too.")]
    public byte[]? Image { get; init; }

    /// <summary>Instead of <see cref="Image"/>: the network's input, which is not preprocessed.</summary>
    [Description("Instead of 'image': the network's input, which is not preprocessed.")]
    public RawTensor? Tensor { get; init; }

    /// <summary>The class that must score best: its index, from 0, or its label.</summary>
    [Description("The class that must score best: its index, from 0, or its label.")]
    [JsonPropertyName("top_1")]
    public ClassReference? Top1 { get; init; }

    /// <summary>The probability that each class must have, in order.</summary>
    [Description("The probability that each class must have, in order.")]
    [Range(0.0, 1.0)]
    public IReadOnlyList<double>? Scores { get; init; }

    /// <summary>
    /// Greatest difference allowed between a probability and its expected score; 0 to 1, default 1e-3. Another batch
    /// size, processor or libtorch changes float32 probabilities by about 1e-5; other weights change them by far more
    /// than the default. A model in <c>bfloat16</c> needs about 1e-2, and so do scores that another program computed
    /// from a picture.
    /// </summary>
    [Description("Greatest difference allowed between a probability and its expected score; default 0.001.")]
    [Range(0.0, 1.0)]
    public double Tolerance { get; init; } = 1e-3;

    /// <summary>The input.</summary>
    internal PredictionInput Input => Tensor as PredictionInput ?? new EncodedImage(Image);

    /// <summary>
    /// The same sample for a version with these labels: a class that is named by its label gets the label's index.
    /// </summary>
    internal SampleDefinition For(IReadOnlyList<string>? labels) =>
        this with
        {
            Top1 = Top1?.WithIndexIn(labels ?? []),
        };
}
