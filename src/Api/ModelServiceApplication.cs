using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using ModelService.Api.Auth;
using ModelService.Api.Errors;
using ModelService.Api.Health;
using ModelService.Api.Logging;
using ModelService.Api.Protection;
using ModelService.Api.Swagger;
using ModelService.Api.Telemetry;
using ModelService.Models.Errors;
using ModelService.Models.Execution;

namespace ModelService.Api;

/// <summary>Puts the server together: its services, and the way a request takes through them.</summary>
internal static class ModelServiceApplication
{
    /// <summary>Whether this is a process of its own; else it is inside another program, such as a test.</summary>
    public static bool IsOwnProgram => Assembly.GetEntryAssembly() == typeof(Program).Assembly;

    /// <summary>Adds the server's services.</summary>
    public static void AddModelService(this WebApplicationBuilder builder)
    {
        builder.AddLogging();
        builder.AddTelemetry();
        builder.Services.AddModels(OwnProbe());
        builder.AddRequestLimits();
        builder.AddCrossOrigins();
        builder.AddAuth();
        builder.Services.AddExceptionHandler<ServingExceptionHandler>();
        builder.AddHealth();
        builder
            .Services.AddControllers(options =>
            {
                // Forms are read part by part, as they arrive; these would read them whole, before the action.
                options.ValueProviderFactories.RemoveType<FormValueProviderFactory>();
                options.ValueProviderFactories.RemoveType<FormFileValueProviderFactory>();
                options.ValueProviderFactories.RemoveType<JQueryFormValueProviderFactory>();
                options.ValueProviderFactories.RemoveType<JQueryQueryStringValueProviderFactory>();
            })
            .ConfigureApiBehaviorOptions(options =>
            {
                options.InvalidModelStateResponseFactory = InvalidQuery.Answer;
                options.SuppressMapClientErrors = true;
            })
            .AddJsonOptions(options => ConfigureJson(options.JsonSerializerOptions));
        builder.Services.ConfigureHttpJsonOptions(options => ConfigureJson(options.SerializerOptions));
        builder.AddSwagger();
    }

    /// <summary>Lays out the way of a request.</summary>
    public static void UseModelService(this WebApplication app)
    {
        app.UsePageHeaders();
        app.UseRequestLog();
        app.UseExceptionHandler(static _ => { });
        app.UseStatusCodePages(StatusCodeResponses.AnswerAsync);
        app.UseCors();
        app.UseSwaggerPages();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.UseRequestTimeouts();
        app.UseCompressedBodiesRefusal();
        app.MapHealth();
        app.MapMetrics().RequireAuthorization(Scopes.Metrics);
        app.MapControllers();
    }

    // Inside another program there is nothing to start.
    private static ProbeCommand OwnProbe() =>
        !IsOwnProgram ? new ProbeCommand(null)
        : Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? new ProbeCommand(Environment.ProcessPath, typeof(Program).Assembly.Location, ProbeProcess.Argument)
        : new ProbeCommand(Environment.ProcessPath, ProbeProcess.Argument);

    private static void ConfigureJson(JsonSerializerOptions json)
    {
        json.PropertyNamingPolicy = WireNames.Policy;
        json.DictionaryKeyPolicy = null;
        json.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        json.NumberHandling = JsonNumberHandling.Strict;
        json.Converters.Add(WireNames.CreateEnumConverter());
    }
}
