using System.Numerics.Tensors;

namespace ModelService.Models.Evaluation;

/// <summary>A network's logits for images whose classes are known.</summary>
internal sealed class LabelledLogits
{
    private readonly ReadOnlyMemory<float> logits;
    private readonly int[] labels;
    private readonly int[] predictions;

    /// <summary>Takes logits and labels. The memory of the logits is borrowed and must not change.</summary>
    /// <param name="logits">The logits <c>[N, K]</c>, row-major; finite numbers.</param>
    /// <param name="labels">The class of each image, 0 to K - 1.</param>
    /// <param name="classes">The number of classes K.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a label or a logit is out of range.</exception>
    public LabelledLogits(ReadOnlyMemory<float> logits, IEnumerable<int> labels, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        (this.logits, this.labels, Classes) = (logits, [.. labels], classes);
        if (logits.Length != (long)this.labels.Length * classes)
        {
            throw new ArgumentException(
                $"{logits.Length} logits are not those of {this.labels.Length} images and {classes} classes.",
                nameof(logits)
            );
        }

        if (logits.Span.ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
            throw new ArgumentException("A logit is not a finite number.", nameof(logits));
        if (Array.Exists(this.labels, label => label < 0 || label >= classes))
            throw new ArgumentException($"A label is not a class from 0 to {classes - 1}.", nameof(labels));
        predictions = new int[this.labels.Length];
        for (var image = 0; image < predictions.Length; image++)
            predictions[image] = TensorPrimitives.IndexOfMax(Row(image));
    }

    /// <summary>The number of images N.</summary>
    public int Count => labels.Length;

    /// <summary>The number of classes K.</summary>
    public int Classes { get; }

    /// <summary>The class of each image by its label.</summary>
    public IReadOnlyList<int> Labels => labels;

    /// <summary>The class of each image by the network: the first of the largest logits.</summary>
    public IReadOnlyList<int> Predictions => predictions;

    /// <summary>The logits of one image.</summary>
    /// <param name="image">The image's place, 0 to N - 1.</param>
    public ReadOnlySpan<float> Row(int image) => Rows(image, 1);

    /// <summary>The logits of some images, row-major.</summary>
    /// <param name="image">The first image's place, 0 to N - 1.</param>
    /// <param name="count">The number of images.</param>
    public ReadOnlySpan<float> Rows(int image, int count) => logits.Span.Slice(image * Classes, count * Classes);

    /// <summary>Whether the network is right about an image.</summary>
    /// <param name="image">The image's place, 0 to N - 1.</param>
    public bool IsRight(int image) => predictions[image] == labels[image];

    /// <summary>
    /// Computes the probabilities <c>softmax(logits / temperature)</c> of one image in float64.
    /// </summary>
    /// <param name="image">The image's place, 0 to N - 1.</param>
    /// <param name="probabilities">Receives K probabilities.</param>
    /// <param name="temperature">The temperature; more than 0.</param>
    /// <returns>The log loss of the image: <c>-log p[label]</c>.</returns>
    public double Probabilities(int image, Span<double> probabilities, double temperature = 1)
    {
        TensorPrimitives.ConvertChecked(Row(image), probabilities);
        TensorPrimitives.Subtract(probabilities, probabilities[predictions[image]], probabilities);
        TensorPrimitives.Divide(probabilities, temperature, probabilities);
        var label = probabilities[labels[image]];
        TensorPrimitives.Exp(probabilities, probabilities);
        var sum = TensorPrimitives.Sum<double>(probabilities);
        TensorPrimitives.Divide(probabilities, sum, probabilities);
        return Math.Log(sum) - label;
    }
}
