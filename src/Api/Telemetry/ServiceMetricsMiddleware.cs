using System.IO.Compression;
using Microsoft.Net.Http.Headers;
using ModelService.Models.Execution;
using ModelService.Models.Registry;
using ModelService.Models.Training.Runs;

namespace ModelService.Api.Telemetry;

/// <summary>Adds the service's own metrics to those of OpenTelemetry.</summary>
/// <param name="next">Writes OpenTelemetry's metrics.</param>
/// <param name="models">The service's own, of its models.</param>
/// <param name="trainings">The service's own, of its trainings.</param>
/// <param name="server">The service's own, of the server as a whole.</param>
internal sealed class ServiceMetricsMiddleware(
    RequestDelegate next,
    RegistryMetrics models,
    TrainingMetrics trainings,
    ServerMetrics server
)
{
    /// <summary>Answers a scrape in Prometheus's text format, compressed if the client accepts gzip.</summary>
    public async Task InvokeAsync(HttpContext http)
    {
        var (request, response) = (http.Request, http.Response);
        var isCompressed = request
            .GetTypedHeaders()
            .AcceptEncoding.Any(coding =>
                coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && coding.Quality != 0
            );

        // Without these headers, OpenTelemetry writes its text uncompressed and in the format that fits ours.
        request.Headers.Remove(HeaderNames.Accept);
        request.Headers.Remove(HeaderNames.AcceptEncoding);
        if (!isCompressed)
        {
            await WriteAsync(http);
            return;
        }

        var body = response.Body;
        var gzip = new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true);
        (response.Body, response.Headers.ContentEncoding) = (gzip, "gzip");
        try
        {
            await WriteAsync(http);
            if (response.StatusCode == StatusCodes.Status200OK)
                await gzip.DisposeAsync();
            else
                response.Headers.Remove(HeaderNames.ContentEncoding);
        }
        finally
        {
            response.Body = body;
        }
    }

    private async Task WriteAsync(HttpContext http)
    {
        await next(http);
        if (http.Response.StatusCode != StatusCodes.Status200OK)
            return;
        var ofTrainings = await trainings.CollectAsync(http.RequestAborted);
        var ofServer = await server.CollectAsync(http.RequestAborted);
        foreach (var metric in (MetricFamily[])[.. models.Collect(), .. ofTrainings, .. ofServer])
            await http.Response.WriteAsync(PrometheusText.Write(metric), http.RequestAborted);
    }
}
