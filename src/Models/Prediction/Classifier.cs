using Microsoft.Extensions.Options;
using ModelService.Imaging;
using ModelService.Models.Errors;
using ModelService.Models.Tensors;

namespace ModelService.Models.Prediction;

/// <summary>Classifies by the same service as the front doors over HTTP.</summary>
/// <param name="predictions">The service.</param>
/// <param name="imaging">The largest photo.</param>
internal sealed class Classifier(PredictionService predictions, IOptions<ImagingOptions> imaging) : IClassifier
{
    public Task<Classification> ClassifyAsync(string model, Stream photo, CancellationToken cancellationToken) =>
        ClassifyAsync(model, photo, null, cancellationToken);

    public async Task<Classification> ClassifyAsync(
        string model,
        Stream photo,
        string? client,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(photo);
        var image = new EncodedImage(await ReadAsync(photo, cancellationToken));
        var terms = new PredictionTerms(Client: client);
        var predicted = await predictions.PredictAsync(model, null, [image], terms, cancellationToken);
        var result = predicted.OrThrow();
        var scores = result.Outcomes[0].OrThrow();
        return new Classification(
            result.Source.Model,
            result.Source.Version,
            [
                .. scores
                    .FindBest(scores.Logits.Length)
                    .Select(index => new ClassScore(
                        index,
                        result.Source.Labels?[index],
                        scores.Probabilities[index],
                        scores.Logits[index]
                    )),
            ]
        );
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(Stream photo, CancellationToken cancellationToken)
    {
        var limit = imaging.Value.MaxBytes;
        var bytes = new MemoryStream();
        var part = new byte[64 << 10];
        while (await photo.ReadAsync(part, cancellationToken) is var count and > 0)
        {
            if (bytes.Length + count > limit)
                throw new ServingException(ErrorCode.ImageTooLarge, $"The photo has more than {limit} bytes.");
            bytes.Write(part, 0, count);
        }

        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }
}
