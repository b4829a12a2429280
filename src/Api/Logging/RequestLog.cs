using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using ModelService.Api.Errors;
using ModelService.Api.Protection;
using ModelService.Api.Telemetry;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace ModelService.Api.Logging;

/// <summary>
/// Logs one structured line for each request: JSON in Production, text in Development. Bodies and keys are never
/// logged.
/// </summary>
internal static class RequestLog
{
    /// <summary>Adds logging to the console.</summary>
    public static void AddLogging(this IHostApplicationBuilder builder)
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
                    // These would report aborted requests and failed checks, which the request's own line reports too.
                    .MinimumLevel.Override("Microsoft.AspNetCore.Http.Timeouts", LogEventLevel.Error)
                    .MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", LogEventLevel.Fatal)
                    .MinimumLevel.Override("Grpc", LogEventLevel.Fatal)
                    .ReadFrom.Configuration(builder.Configuration)
                    .ReadFrom.Services(services)
                    .Enrich.FromLogContext();
                if (format == "text")
                {
                    log.Enrich.With<Details>()
                        .WriteTo.Console(
                            new TextLogFormatter(
                                $"{{Timestamp:HH:mm:ss}} {{Level:u3}} {{Message:lj}}{{{nameof(Details)}:l}}"
                            )
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

    /// <summary>Writes the line of each request when it ends.</summary>
    public static void UseRequestLog(this IApplicationBuilder app)
    {
        app.Use(
            static (http, next) =>
            {
                BodySizes.Count(http);
                return next(http);
            }
        );
        app.UseSerilogRequestLogging(options =>
        {
            // The default is the process's static logger, which belongs to another server if two run in one process.
            options.Logger = app.ApplicationServices.GetRequiredService<Serilog.ILogger>();

            // 503 and 504 are not bugs: they tell the client to retry, or that its deadline has passed.
            // Health checks arrive every few seconds and are not logged as long as they succeed.
            options.GetLevel = (http, _, exception) =>
                ErrorTable.StatusOf(http) switch
                {
                    _ when exception is not null => LogEventLevel.Error,
                    StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout =>
                        LogEventLevel.Warning,
                    >= StatusCodes.Status500InternalServerError => LogEventLevel.Error,
                    < StatusCodes.Status400BadRequest when http.IsMonitoring() => LogEventLevel.Debug,
                    _ => LogEventLevel.Information,
                };
            options.EnrichDiagnosticContext = static (log, http) =>
            {
                log.Set("Address", ClientAddress.Find(http)?.ToString());
                var sizes = http.Features.GetRequiredFeature<BodySizes>();
                log.Set(nameof(sizes.RequestBytes), sizes.RequestBytes);
                log.Set(nameof(sizes.ResponseBytes), sizes.ResponseBytes);
            };
        });
    }

    // Adds properties of clients, predictions and errors to the text of a line; in JSON, they are properties anyway.
    private sealed class Details : ILogEventEnricher
    {
        private static readonly string[] Names =
        [
            "Address",
            "RequestBytes",
            "ResponseBytes",
            "Model",
            "Version",
            "Count",
            "Timing",
            "Code",
        ];

        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
        {
            if (!logEvent.Properties.ContainsKey("StatusCode"))
                return;
            var details = Names.Where(logEvent.Properties.ContainsKey).Select(name => Format(name, logEvent));
            logEvent.AddPropertyIfAbsent(
                new LogEventProperty(nameof(Details), new ScalarValue(string.Join(',', details)))
            );
        }

        private static string Format(string name, LogEvent logEvent)
        {
            var value = logEvent.Properties[name];
            return $" {name} {(value is ScalarValue scalar ? scalar.Value : value)}";
        }
    }
}
