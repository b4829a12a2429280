using System.Security.Cryptography;
using ModelService.Imaging.Preprocessing;

namespace ModelService.Models.Datasets;

/// <summary>
/// A picture of 16x16 grey pixels, which near-duplicates share: the same picture in another size or file format.
/// </summary>
internal static class ImageSignature
{
    /// <summary>Width and height, in pixels.</summary>
    public const int Side = 16;

    /// <summary>The number of bytes.</summary>
    public const int Length = Side * Side;

    private static readonly PreprocessingDefinition Small = PreprocessingDefinition.Raw(1, Side, Side);

    /// <summary>Decodes an image whole, and makes its id and signature.</summary>
    /// <param name="preprocessor">Decodes it.</param>
    /// <param name="bytes">The file's bytes, as a whole array.</param>
    /// <exception cref="Imaging.ImageException">It can't be decoded, or is too large.</exception>
    public static CheckedImage Check(Preprocessor preprocessor, byte[] bytes)
    {
        Span<float> grey = stackalloc float[Length];
        var info = preprocessor.Inspect(bytes, Small, grey);
        var signature = new byte[Length];
        for (var i = 0; i < Length; i++)
            signature[i] = (byte)Math.Clamp(MathF.Round(grey[i]), 0, byte.MaxValue);
        var id = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return new CheckedImage(id, info.Width, info.Height, signature, bytes);
    }
}

/// <summary>An image that was decoded.</summary>
/// <param name="Id">SHA-256 of its bytes.</param>
/// <param name="Width">Width of the upright picture, in pixels.</param>
/// <param name="Height">Height of the upright picture, in pixels.</param>
/// <param name="Signature">Its signature.</param>
/// <param name="Bytes">Its bytes.</param>
internal sealed record CheckedImage(string Id, int Width, int Height, byte[] Signature, byte[] Bytes);
