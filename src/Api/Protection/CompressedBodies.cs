using ModelService.Models.Errors;

namespace ModelService.Api.Protection;

/// <summary>
/// Rejects bodies with a Content-Encoding: a few compressed bytes could become gigabytes. Images and weights gain
/// little from compression.
/// </summary>
internal static class CompressedBodies
{
    /// <summary>Marks an endpoint that unpacks bodies itself, within the limit of its body.</summary>
    public sealed class Accepted;

    /// <summary>Rejects compressed bodies for all other endpoints.</summary>
    public static void UseCompressedBodyRejection(this IApplicationBuilder app) =>
        app.Use(
            static (http, next) =>
                http.Request.Headers.ContentEncoding.ToString() is var encoding
                    && (encoding.Length == 0 || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
                || http.GetEndpoint()?.Metadata.GetMetadata<Accepted>() is not null
                    ? next(http)
                    : throw new ServingException(
                        ErrorCode.UnsupportedMediaType,
                        $"Content-Encoding '{encoding}' is not supported here. Send the body uncompressed."
                    )
        );
}
