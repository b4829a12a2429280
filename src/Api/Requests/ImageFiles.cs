using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using ModelService.Imaging;

namespace ModelService.Api.Requests;

/// <summary>
/// Sends stored images. Other people uploaded them, so a browser gets no chance to see more than an image.
/// </summary>
internal static class ImageFiles
{
    // An id stands for bytes that never change. A shared cache must not keep what needs a key.
    private const string Cached = "private, max-age=86400, immutable";

    /// <summary>The answer with an image.</summary>
    /// <param name="controller">The controller.</param>
    /// <param name="bytes">The bytes of the image.</param>
    /// <param name="tag">What stands for these bytes.</param>
    /// <param name="fileName">The name to save it by; null for none.</param>
    public static ActionResult SendImage(
        this ControllerBase controller,
        ReadOnlyMemory<byte> bytes,
        string tag,
        string? fileName
    )
    {
        var headers = controller.Response.Headers;
        headers.CacheControl = Cached;
        var disposition = new ContentDispositionHeaderValue("inline");
        if (fileName is not null)
            disposition.SetHttpFileName(fileName.Split('/', '\\')[^1]);
        headers.ContentDisposition = disposition.ToString();
        return controller.File(
            bytes.ToArray(),
            PictureFile.FindContentType(bytes.Span) ?? "application/octet-stream",
            lastModified: null,
            new EntityTagHeaderValue($"\"{tag}\"")
        );
    }
}
