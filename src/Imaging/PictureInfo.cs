namespace ModelService.Imaging;

/// <summary>What a picture is.</summary>
/// <param name="Width">Width of the upright picture, in pixels.</param>
/// <param name="Height">Height of the upright picture, in pixels.</param>
/// <param name="ContentType">The content type of its format, such as <c>image/jpeg</c>.</param>
public readonly record struct PictureInfo(int Width, int Height, string ContentType);
