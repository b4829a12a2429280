using System.Text.Json;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Protection;
using ModelService.Api.Requests;
using ModelService.Models.Errors;

namespace ModelService.Api.OpenInference;

/// <summary>The extension <c>model_repository</c> over REST.</summary>
internal static class RepositoryEndpoints
{
    /// <summary>Maps its endpoints.</summary>
    public static void MapRepository(this IEndpointRouteBuilder root)
    {
        root.MapPost("repository/index", ListAsync).RequireAuthorization(Scopes.Read);
        root.MapPost("repository/models/{name}/load", LoadAsync)
            .RequireAuthorization(Scopes.Manage)
            .WithMetadata(new RequestTimeoutAttribute(RequestLimits.Upload));
        root.MapPost("repository/models/{name}/unload", UnloadAsync).RequireAuthorization(Scopes.Manage);
    }

    private static async Task ListAsync(HttpContext http)
    {
        var body = await ReadAsync(http);
        var onlyReady =
            body.ValueKind == JsonValueKind.Object
            && body.TryGetProperty("ready", out var ready)
            && ready.ValueKind == JsonValueKind.True;
        await http.Response.WriteAsJsonAsync(http.RequestServices.GetRequiredService<Repository>().List(onlyReady));
    }

    private static async Task LoadAsync(HttpContext http)
    {
        var parameters = ReadParameters(await ReadAsync(http));
        var repository = http.RequestServices.GetRequiredService<Repository>();
        await repository.LoadAsync(
            OpenInferenceEndpoints.RouteValue(http, "name")!,
            parameters,
            file => Repository.FromBase64(file, parameters.Text(file)!),
            http.RequestAborted
        );
    }

    private static async Task UnloadAsync(HttpContext http)
    {
        ReadParameters(await ReadAsync(http));
        var repository = http.RequestServices.GetRequiredService<Repository>();
        await repository.UnloadAsync(OpenInferenceEndpoints.RouteValue(http, "name")!);
    }

    // Clients send an empty body for no parameters.
    private static async Task<JsonElement> ReadAsync(HttpContext http)
    {
        var limits = http.RequestServices.GetRequiredService<IOptions<LimitsOptions>>().Value;
        var body = await RequestBody.ReadAsync(
            http.Request,
            http.Request.Body,
            limits.MaxPredictBytes,
            http.RequestAborted
        );
        if (body.IsEmpty)
            return default;
        var json = RequestBody.Parse(body);
        return json.ValueKind == JsonValueKind.Object
            ? json
            : throw new ServingException(ErrorCode.MalformedRequest, "The body must be an object, or empty.");
    }

    private static InferParameters ReadParameters(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("parameters", out var parameters))
            return InferParameters.None;
        var reader = new Utf8JsonReader(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(parameters));
        reader.Read();
        return InferParameters.Read(ref reader);
    }
}
