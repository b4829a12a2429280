using System.Globalization;
using Microsoft.Extensions.Options;
using ModelService.Api.Telemetry;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace ModelService.Api.Logging;

/// <summary>One structured line for each request: JSON in Production, readable in Development. Bodies and keys never appear in it.</summary>
internal static class RequestLog
{
    /// <summary>Sends the server's log to the console.</summary>
    public static void AddLogging(this WebApplicationBuilder builder)
    {
        builder
            .Services.AddOptionsWithValidateOnStart<LoggingOptions, LoggingOptionsValidator>()
            .BindConfiguration(LoggingOptions.Section);
        builder.Services.AddSerilog(
            (services, log) =>
            {
                var format =
                    services.GetRequiredService<IOptions<LoggingOptions>>().Value.Format
                    ?? (builder.Environment.IsDevelopment() ? "text" : "json");
                log.MinimumLevel.Information()
                    .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
                    .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Information)
                    // What they say of a request that is cut off is in the request's own line.
                    .MinimumLevel.Override("Microsoft.AspNetCore.Http.Timeouts", LogEventLevel.Error)
                    .MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", LogEventLevel.Fatal)
                    .ReadFrom.Configuration(builder.Configuration)
                    .ReadFrom.Services(services)
                    .Enrich.FromLogContext();
                if (format == "text")
                {
                    log.Enrich.With<Details>()
                        .WriteTo.Console(
                            outputTemplate: $"{{Timestamp:HH:mm:ss}} {{Level:u3}} {{Message:lj}}{{{nameof(Details)}:l}}{{NewLine}}{{Exception}}",
                            formatProvider: CultureInfo.InvariantCulture
                        );
                }
                else
                {
                    log.WriteTo.Console(new RenderedCompactJsonFormatter());
                }
            },
            preserveStaticLogger: true
        );
    }

    /// <summary>Writes the line when the request is over.</summary>
    public static void UseRequestLog(this WebApplication app) =>
        app.UseSerilogRequestLogging(options =>
        {
            // Else it would take the process's static logger, which is another server's when two run in one process.
            options.Logger = app.Services.GetRequiredService<Serilog.ILogger>();

            // 503 and 504 are answers, not bugs: the client is told to come again, or to be quicker.
            // Health checks come every few seconds and say nothing as long as they succeed.
            options.GetLevel = (http, _, exception) =>
                exception is not null
                || http.Response.StatusCode
                    is >= 500
                        and not (StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout)
                    ? LogEventLevel.Error
                : http.Response.StatusCode >= 500 ? LogEventLevel.Warning
                : http.IsProbe() && http.Response.StatusCode < StatusCodes.Status400BadRequest ? LogEventLevel.Debug
                : LogEventLevel.Information;
        });

    // What a prediction's or a refusal's line says in JSON besides, for a reader's eyes.
    private sealed class Details : ILogEventEnricher
    {
        private static readonly string[] Names = ["Model", "Version", "Count", "Timing", "Code"];

        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
        {
            if (!logEvent.Properties.ContainsKey("StatusCode"))
                return;
            var known = Names
                .Where(logEvent.Properties.ContainsKey)
                .Select(name =>
                    $" {name} {(logEvent.Properties[name] is ScalarValue scalar ? scalar.Value : logEvent.Properties[name])}"
                );
            logEvent.AddPropertyIfAbsent(
                new LogEventProperty(nameof(Details), new ScalarValue(string.Join(',', known)))
            );
        }
    }
}
