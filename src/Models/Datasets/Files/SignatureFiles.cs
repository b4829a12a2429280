using ModelService.Models.Errors;

namespace ModelService.Models.Datasets.Files;

/// <summary>Reads signatures of images. They are on the disk only, since few requests need them.</summary>
internal static class SignatureFiles
{
    /// <summary>Reads the signatures of images, one after another.</summary>
    /// <param name="images">The images.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DatasetUnavailable"/>: a file can't be read.
    /// </exception>
    public static byte[] Read(IReadOnlyList<DatasetImage> images)
    {
        var signatures = new byte[images.Count * ImageSignature.Length];
        try
        {
            foreach (var pack in images.Index().GroupBy(pair => pair.Item.Pack))
            {
                var rows = File.ReadAllBytes(pack.Key.Signatures).AsSpan();
                foreach (var (index, image) in pack)
                {
                    rows.Slice(image.Row * ImageSignature.Length, ImageSignature.Length)
                        .CopyTo(signatures.AsSpan(index * ImageSignature.Length));
                }
            }
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            throw new ServingException(
                ErrorCode.DatasetUnavailable,
                "The signatures of the images can't be read: the data set was deleted, or its files are damaged.",
                exception
            );
        }

        return signatures;
    }
}
