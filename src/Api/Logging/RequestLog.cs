using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Telemetry;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace ModelService.Api.Logging;

/// <summary>One structured line for each request: JSON in Production, readable in Development. Bodies and keys never appear in it.</summary>
internal static class RequestLog
{
    /// <summary>Sends the server's log to the console.</summary>
    public static void AddLogging(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<LoggingOptions, LoggingOptionsValidator>().BindConfiguration(LoggingOptions.Section);
        builder.Services.AddSerilog((services, log) =>
        {
            var format = services.GetRequiredService<IOptions<LoggingOptions>>().Value.Format ?? (builder.Environment.IsDevelopment() ? "text" : "json");
            log.MinimumLevel.Information()
                .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
                .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Information)
                // The request's own line says why it is not ready.
                .MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", LogEventLevel.Fatal)
                .MinimumLevel.Override(typeof(ApiKeyHandler).FullName!, LogEventLevel.Warning) // what its base class says of every refusal is in the request's line
                .ReadFrom.Configuration(builder.Configuration)
                .ReadFrom.Services(services)
                .Enrich.FromLogContext();
            if (format == "text") log.WriteTo.Console(outputTemplate: "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}", formatProvider: System.Globalization.CultureInfo.InvariantCulture);
            else log.WriteTo.Console(new RenderedCompactJsonFormatter());
        }, preserveStaticLogger: true);
    }

    /// <summary>Writes the line when the request is over.</summary>
    public static void UseRequestLog(this WebApplication app) =>
        app.UseSerilogRequestLogging(options =>
        {
            // Else it would take the process's static logger, which is another server's when two run in one process.
            options.Logger = app.Services.GetRequiredService<Serilog.ILogger>();

            // 503 is an answer, not a bug: the client is told to come again.
            // Probes come every few seconds and say nothing as long as they succeed.
            options.GetLevel = (http, _, exception) =>
                exception is not null || http.Response.StatusCode is >= 500 and not StatusCodes.Status503ServiceUnavailable ? LogEventLevel.Error
                : http.Response.StatusCode == StatusCodes.Status503ServiceUnavailable ? LogEventLevel.Warning
                : http.IsProbe() && http.Response.StatusCode < StatusCodes.Status400BadRequest ? LogEventLevel.Debug
                : LogEventLevel.Information;
        });
}
