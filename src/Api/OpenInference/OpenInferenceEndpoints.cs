using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Cluster;
using ModelService.Api.Errors;
using ModelService.Api.Protection;
using ModelService.Api.Requests;
using ModelService.Models.Errors;
using ModelService.Models.Registry;

namespace ModelService.Api.OpenInference;

/// <summary>
/// The Open Inference Protocol over REST, at <c>/v2</c>. Each path is mapped with and without a version.
/// </summary>
internal static class OpenInferenceEndpoints
{
    private const string Model = "models/{name}",
        Version = Model + "/versions/{version}";

    /// <summary>
    /// Maps the endpoints. The protocol has a document of its own (<c>Swagger/open-inference.json</c>), so that of the
    /// native API leaves them out.
    /// </summary>
    public static void MapOpenInference(this IEndpointRouteBuilder endpoints)
    {
        var root = endpoints.MapGroup("/v2").ExcludeFromDescription();
        root.MapGet("health/live", static http => http.Response.WriteAsJsonAsync(new LiveResponse(true)))
            .DisableHttpMetrics()
            .AllowAnonymous();
        root.MapGet("health/ready", ReadyAsync).DisableHttpMetrics().AllowAnonymous();
        root.MapGet("", static http => http.Response.WriteAsJsonAsync(ServerDescription.This))
            .RequireAuthorization(Scopes.Read);
        root.MapRepository();
        root.MapGet("models/stats", StatisticsResponse.AnswerAllAsync).RequireAuthorization(Scopes.Read);
        foreach (var path in new[] { Model, Version })
        {
            root.MapGet(path, http => AnswerAsync(http, ModelDescription.Create)).RequireAuthorization(Scopes.Read);
            root.MapGet($"{path}/ready", ModelReadyAsync).RequireAuthorization(Scopes.Read);
            root.MapGet($"{path}/config", ConfigureAsync).RequireAuthorization(Scopes.Read);
            root.MapGet($"{path}/stats", StatisticsAsync).RequireAuthorization(Scopes.Read);
            root.MapPost($"{path}/infer", InferAsync)
                .RequireAuthorization(Scopes.Predict)
                .WithMetadata(new CompressedBodies.Accepted(), new RunsModelAttribute());
        }
    }

    /// <summary>Answers with what a model's version is represented by, or with the failure to find it.</summary>
    internal static Task AnswerAsync<T>(HttpContext http, Func<VersionOfModel, T> represent)
        where T : class
    {
        return Find(http).Then(represent).TryGet(out var answer, out var failure)
            ? http.Response.WriteAsJsonAsync(answer)
            : FailAsync(http, failure);
    }

    /// <summary>Answers with a failure.</summary>
    internal static Task FailAsync(HttpContext http, Failure failure) =>
        ErrorTable.WriteAsync(http, ErrorTable.Describe(http, failure), failure.RetryAfter);

    /// <summary>The value of a route's parameter.</summary>
    internal static string? RouteValue(HttpContext http, string name) => (string?)http.Request.RouteValues[name];

    private static Outcome<VersionOfModel> Find(HttpContext http) =>
        http
            .RequestServices.GetRequiredService<Inference>()
            .Find(RouteValue(http, "name")!, RouteValue(http, "version"));

    private static async Task ReadyAsync(HttpContext http)
    {
        var checks = http.RequestServices.GetRequiredService<HealthCheckService>();
        var report = await checks.CheckHealthAsync(http.RequestAborted);
        if (report.Status != HealthStatus.Unhealthy)
        {
            await http.Response.WriteAsJsonAsync(new ReadyResponse(true));
            return;
        }

        var reasons = report
            .Entries.Values.Where(entry => entry.Status == HealthStatus.Unhealthy)
            .Select(entry => entry.Description);
        http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        await http.Response.WriteAsJsonAsync(new OpenInferenceError(string.Join(' ', reasons)));
    }

    private static Task ModelReadyAsync(HttpContext http)
    {
        if (!Find(http).TryGet(out var found, out var failure))
            return FailAsync(http, failure);
        return found.Version.Current.IsServable
            ? http.Response.WriteAsJsonAsync(new ModelReadyResponse(found.Model.Name, true))
            : FailAsync(
                http,
                new Failure(
                    ErrorCode.ModelNotReady,
                    $"Version {found.Version.Version} of '{found.Model.Name}' is not ready. "
                        + found.Version.Current.Reason
                )
            );
    }

    private static Task ConfigureAsync(HttpContext http)
    {
        var limits = http.RequestServices.GetRequiredService<IOptions<LimitsOptions>>().Value;
        return AnswerAsync(http, found => ModelConfiguration.Create(found, limits.MaxInputs));
    }

    private static Task StatisticsAsync(HttpContext http)
    {
        var clock = http.RequestServices.GetRequiredService<TimeProvider>();
        return AnswerAsync(http, found => StatisticsResponse.Create([found], clock));
    }

    private static async Task InferAsync(HttpContext http)
    {
        // When the client disconnects, inputs that still wait in the queue are dropped.
        var aborted = http.RequestAborted;
        var terms = RequestTerms.From(http.Request);
        var limits = http.RequestServices.GetRequiredService<IOptions<LimitsOptions>>().Value;
        var body = await InferBody.ReadAsync(http.Request, limits.MaxPredictBytes, aborted);
        var request = InferBody.Read(
            http.Request,
            body,
            limits.MaxInputs,
            () => Find(http).OrThrow().Version.Resolved.Analysis.Input
        );
        var inferred = await http
            .RequestServices.GetRequiredService<Inference>()
            .InferAsync(RouteValue(http, "name")!, RouteValue(http, "version"), request, terms, aborted);
        await (
            inferred.TryGet(out var response, out var failure)
                ? InferAnswer.WriteAsync(http, response)
                : FailAsync(http, failure)
        );
    }

    private sealed record LiveResponse(bool Live);

    private sealed record ReadyResponse(bool Ready);

    private sealed record ModelReadyResponse(string Name, bool Ready);
}
