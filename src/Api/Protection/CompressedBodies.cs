using ModelService.Models.Errors;

namespace ModelService.Api.Protection;

/// <summary>
/// Rejects bodies with a Content-Encoding: a few compressed bytes could become gigabytes. Images and weights gain
/// little from compression.
/// </summary>
internal static class CompressedBodies
{
    /// <summary>Rejects compressed bodies for all endpoints.</summary>
    public static void UseCompressedBodyRejection(this WebApplication app) =>
        app.Use(
            static (http, next) =>
                http.Request.Headers.ContentEncoding.ToString() is var encoding
                && (encoding.Length == 0 || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
                    ? next(http)
                    : throw new ServingException(
                        ErrorCode.UnsupportedMediaType,
                        $"Content-Encoding '{encoding}' is not supported here. Send the body uncompressed."
                    )
        );
}
