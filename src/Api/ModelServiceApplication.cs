using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using ModelService.Api.Auth;
using ModelService.Api.Errors;
using ModelService.Api.Grpc;
using ModelService.Api.Health;
using ModelService.Api.Logging;
using ModelService.Api.OpenInference;
using ModelService.Api.Pages;
using ModelService.Api.Protection;
using ModelService.Api.Requests;
using ModelService.Api.Swagger;
using ModelService.Api.Telemetry;
using ModelService.Api.TorchServe;
using ModelService.Models.Errors;
using ModelService.Models.Execution;

namespace ModelService.Api;

/// <summary>Composes the server: its services and its middleware pipeline.</summary>
internal static class ModelServiceApplication
{
    /// <summary>
    /// Whether the process is this program. Otherwise the server runs inside another program, such as a test.
    /// </summary>
    public static bool IsOwnProgram => Assembly.GetEntryAssembly() == typeof(Program).Assembly;

    /// <summary>Adds the server's services.</summary>
    public static void AddModelService(this WebApplicationBuilder builder)
    {
        // Without this, a server that was built and not published finds the console only in Development.
        builder.WebHost.UseStaticWebAssets();
        builder.AddLogging();
        builder.AddTelemetry();
        builder.Services.AddModels(CreateProbeCommand());
        builder.AddRequestLimits();
        builder.AddCrossOrigins();
        builder.AddAuth();
        builder.Services.AddExceptionHandler<ServingExceptionHandler>().AddSingleton<ServingExceptionHandler>();
        builder.AddHealth();
        builder.Services.AddSingleton<Inference>().AddSingleton<Repository>();
        builder.AddGrpcServices();
        builder.AddTorchServe();
        builder
            .Services.AddControllers(options =>
            {
                // Actions read forms part by part, as they arrive. These providers would read whole forms before the
                // action.
                options.ValueProviderFactories.RemoveType<FormValueProviderFactory>();
                options.ValueProviderFactories.RemoveType<FormFileValueProviderFactory>();
                options.ValueProviderFactories.RemoveType<JQueryFormValueProviderFactory>();
                options.ValueProviderFactories.RemoveType<JQueryQueryStringValueProviderFactory>();
                options.ModelBinderProviders.Insert(0, new WireEnumBinder());
                options.Filters.Add<UnknownQuery>();
            })
            .ConfigureApiBehaviorOptions(options =>
            {
                options.InvalidModelStateResponseFactory = InvalidQuery.CreateResult;
                options.SuppressMapClientErrors = true;
            })
            .AddJsonOptions(options => ConfigureJson(options.JsonSerializerOptions));
        builder.Services.ConfigureHttpJsonOptions(options => ConfigureJson(options.SerializerOptions));
        builder.AddSwagger();
        builder.Services.AddHostedService<UnknownSettings>();
    }

    /// <summary>Adds the middleware and the endpoints, in the order in which a request passes them.</summary>
    public static void UseModelService(this WebApplication app)
    {
        app.UsePageHeaders();
        app.UseRequestLog();
        app.UseConsole();
        app.UseRouting();
        app.UseExceptionHandler(static _ => { });
        app.UseStatusCodePages(StatusCodeResponses.WriteAsync);
        app.UseCors();
        app.UseSwaggerPages();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.UseRequestTimeouts();
        app.UseCompressedBodyRejection();
        app.UseGrpcMessages();
        app.MapConsole();
        app.MapHealth();
        app.MapMetrics().RequireAuthorization(Scopes.Metrics);
        app.MapOpenInference();
        app.MapOpenInferenceDocument();
        app.MapGrpcServices();
        app.MapTorchServe();
        app.MapControllers();
    }

    // The command that starts this program as a probe; empty inside another program.
    private static ProbeCommand CreateProbeCommand() =>
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
