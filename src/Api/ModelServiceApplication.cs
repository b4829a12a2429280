using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using ModelService.Api.Auth;
using ModelService.Api.Cluster;
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

// A program that uses this assembly and has controllers of its own must not find these among them.
[assembly: ProvideApplicationPartFactory(typeof(NullApplicationPartFactory))]

namespace ModelService.Api;

/// <summary>Composes the server: its services and its pipeline, in this program or inside another one.</summary>
internal static class ModelServiceApplication
{
    /// <summary>
    /// Whether the process is this program. Otherwise the server runs inside another program, such as a test.
    /// </summary>
    public static bool IsOwnProgram => Assembly.GetEntryAssembly() == typeof(Program).Assembly;

    /// <summary>Adds the services of this program: those of the whole process, and the service's own.</summary>
    public static void AddServer(this WebApplicationBuilder builder)
    {
        // Without this, a server that was built and not published finds the console only in Development.
        builder.WebHost.UseStaticWebAssets();
        builder.AddLogging();
        builder.AddTelemetry();
        builder.AddModelService(CreateProbeCommand());
        builder.Services.AddHostedService<DevelopmentWarning>();
    }

    /// <summary>Adds the service's own services, in this program or inside another one.</summary>
    /// <param name="builder">Builds the program, or the part of another program that is the service's own.</param>
    /// <param name="probe">The command that starts this program as a probe.</param>
    public static void AddModelService(this IHostApplicationBuilder builder, ProbeCommand probe)
    {
        builder.AddServiceMetrics();
        builder.Services.AddModels(probe);
        builder.AddRequestLimits();
        builder.AddCrossOrigins();
        builder.AddAuth();
        builder.Services.AddExceptionHandler<ServingExceptionHandler>().AddSingleton<ServingExceptionHandler>();
        builder.AddHealth();
        builder.AddForwarding();
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
            .ConfigureApplicationPartManager(static parts =>
                parts.ApplicationParts.Add(new AssemblyPart(typeof(ModelServiceApplication).Assembly))
            )
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

    /// <summary>Adds the pipeline of this program: its log, and the service's own.</summary>
    public static void UseServer(this WebApplication app)
    {
        app.UseRequestLog();
        app.UseModelService(static app => app.UseConsole(), static endpoints => endpoints.MapConsole());
    }

    /// <summary>Adds the service's middleware and endpoints, in the order in which a request passes them.</summary>
    /// <param name="app">The pipeline.</param>
    /// <param name="useConsole">Adds the middleware of the console.</param>
    /// <param name="mapConsole">Maps the endpoints of the console, if it has any.</param>
    public static void UseModelService(
        this IApplicationBuilder app,
        Action<IApplicationBuilder> useConsole,
        Action<IEndpointRouteBuilder>? mapConsole = null
    )
    {
        app.UsePageHeaders();
        useConsole(app);
        app.UseRouting();
        app.UseAudit();
        app.UseExceptionHandler(static _ => { });
        app.UseStatusCodePages(StatusCodeResponses.WriteAsync);
        app.UseCors();
        app.UseSwaggerPages();
        app.UseAuthentication();
        app.UseRequestLimits();
        app.UseAuthorization();
        app.UseRequestTimeouts();
        app.UseForwarding();
        app.UseCompressedBodyRejection();
        app.UseGrpcMessages();
        app.UseEndpoints(endpoints =>
        {
            mapConsole?.Invoke(endpoints);
            endpoints.MapHealth();
            endpoints.MapMetrics().RequireAuthorization(Scopes.Metrics);
            endpoints.MapOpenInference();
            endpoints.MapOpenInferenceDocument();
            endpoints.MapGrpcServices();
            endpoints.MapTorchServe();
            endpoints.MapControllers();
        });
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
