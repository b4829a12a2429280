using ModelService.Models.Errors;

namespace ModelService.Api.Protection;

/// <summary>Refuses bodies that are compressed as a whole: a few bytes could become gigabytes, and images and weights are packed already.</summary>
internal static class CompressedBodies
{
    /// <summary>Refuses them, whatever the endpoint.</summary>
    public static void UseCompressedBodiesRefusal(this WebApplication app) =>
        app.Use(
            static (http, next) =>
                http.Request.Headers.ContentEncoding.ToString() is var encoding
                && (encoding.Length == 0 || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
                    ? next(http)
                    : throw new ServingException(
                        ErrorCode.UnsupportedMediaType,
                        $"Content-Encoding '{encoding}' is not read here: send the body uncompressed."
                    )
        );
}
