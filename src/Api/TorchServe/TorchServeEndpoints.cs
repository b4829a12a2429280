using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Cluster;
using ModelService.Api.OpenInference;
using ModelService.Api.Requests;
using ModelService.Models.Errors;
using ModelService.Models.Prediction;

namespace ModelService.Api.TorchServe;

/// <summary>
/// The two calls of TorchServe that clients of an image classifier make, behind <see cref="TorchServeOptions"/>.
/// </summary>
internal static class TorchServeEndpoints
{
    /// <summary>The path of predictions.</summary>
    public const string Predictions = "/predictions";

    // As many classes as TorchServe's handler for images answers with.
    private const int Classes = 5;

    /// <summary>Adds the options.</summary>
    public static void AddTorchServe(this IHostApplicationBuilder builder) =>
        builder.Services.AddOptions<TorchServeOptions>().BindConfiguration(TorchServeOptions.Section).ValidateOnStart();

    /// <summary>Maps the calls, if they are enabled.</summary>
    public static void MapTorchServe(this IEndpointRouteBuilder endpoints)
    {
        if (!endpoints.ServiceProvider.GetRequiredService<IOptions<TorchServeOptions>>().Value.Enabled)
            return;
        var root = endpoints.MapGroup("").ExcludeFromDescription();
        root.MapGet("/ping", PingAsync).DisableHttpMetrics().AllowAnonymous();
        foreach (var path in new[] { Predictions + "/{name}", Predictions + "/{name}/{version}" })
        {
            // TorchServe takes either; curl -T sends PUT.
            root.MapMethods(path, [HttpMethods.Post, HttpMethods.Put], PredictAsync)
                .RequireAuthorization(Scopes.Predict)
                .WithMetadata(new RunsModelAttribute());
        }
    }

    private static async Task PingAsync(HttpContext http)
    {
        var checks = http.RequestServices.GetRequiredService<HealthCheckService>();
        var isReady = (await checks.CheckHealthAsync(http.RequestAborted)).Status != HealthStatus.Unhealthy;
        if (!isReady)
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        await http.Response.WriteAsJsonAsync(new PingResponse(isReady ? "Healthy" : "Unhealthy"));
    }

    private static async Task PredictAsync(HttpContext http)
    {
        var (services, aborted) = (http.RequestServices, http.RequestAborted);
        var terms = RequestTerms.From(http.Request);
        var limits = services.GetRequiredService<IOptions<LimitsOptions>>().Value;
        var inputs = await PredictRequest.ReadAsync(http.Request, limits, aborted);
        if (inputs.Count > 1)
            throw new ServingException(ErrorCode.MalformedRequest, "This call takes one photo. Send each by itself.");
        var predicted = await services
            .GetRequiredService<Inference>()
            .PredictAsync(
                OpenInferenceEndpoints.RouteValue(http, "name")!,
                ReadVersion(OpenInferenceEndpoints.RouteValue(http, "version")),
                inputs,
                terms.ToPredictionTerms(),
                aborted
            );
        if (predicted.TryGet(out var result, out var failure))
            await WriteAsync(http, result);
        else
            await OpenInferenceEndpoints.FailAsync(http, failure);
    }

    // TorchServe's versions are 1.0, 2.0 and so on.
    private static string? ReadVersion(string? version) =>
        version?.EndsWith(".0", StringComparison.Ordinal) == true ? version[..^2] : version;

    // The best classes, each with its probability: by its label, or by its index where the model has no labels. Of
    // those with the same label, the best.
    private static Task WriteAsync(HttpContext http, PredictionResult result)
    {
        var scores = result.Outcomes[0].Value!;
        var best = scores.FindBest(Classes);
        var answer = new OrderedDictionary<string, float>();
        foreach (var index in best)
            answer.TryAdd(result.Source.Labels?[index] ?? $"{index}", scores.Probabilities[index]);
        return http.Response.WriteAsJsonAsync(answer);
    }

    private sealed record PingResponse(string Status);
}
