using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Grpc.Reflection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using ModelService.Api.Cluster;
using ModelService.Protocol;
using HealthCalls = Grpc.Health.V1.Health;

namespace ModelService.Api.Grpc;

/// <summary>The Open Inference Protocol over gRPC, with gRPC's own calls for health checks and reflection.</summary>
internal static class GrpcServices
{
    /// <summary>Adds the services.</summary>
    public static void AddGrpcServices(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddGrpc();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IServiceMethodProvider<InferenceService>, InferenceMethods>()
        );
        services.AddSingleton<InferenceService>().AddSingleton<InferenceStream>().AddSingleton<GrpcFailures>();
        services.AddSingleton<MessageInference>().AddSingleton<CallForwarder>();
        services
            .AddOptions<GrpcServiceOptions>()
            .PostConfigure<IOptions<LimitsOptions>>(
                static (grpc, limits) =>
                {
                    // Their endpoint would take the place of 405 for other paths.
                    grpc.IgnoreUnknownServices = true;
                    grpc.MaxReceiveMessageSize = limits.Value.MaxPredictBytes;

                    // gRPC for .NET unpacks a message whole, however large: a few bytes could become gigabytes.
                    grpc.CompressionProviders = [];
                }
            );
        services.AddGrpcHealthChecks(static health => health.Services.Map(InferenceMethods.Service, static _ => true));
        if (!builder.Environment.IsDevelopment())
            return;
        var described = new[] { InferenceReflection.Descriptor.Services[0], HealthCalls.Descriptor };
        services
            .AddSingleton(new ReflectionServiceImpl(described))
            .AddSingleton(new ReflectionV1ServiceImpl(described));
    }

    /// <summary>
    /// Counts the memory of calls' messages as they arrive, and takes the calls that other servers forward.
    /// </summary>
    public static void UseGrpcMessages(this IApplicationBuilder app)
    {
        app.Use(
            static (http, next) =>
            {
                if (http.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not null)
                    MessageStream.Count(http);
                return next(http);
            }
        );
        app.UseWhen(
            ForwardedRequests.IsForwarded,
            static app => app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true })
        );
    }

    /// <summary>Maps the calls. Reflection, which describes them to tools, is there in Development alone.</summary>
    public static void MapGrpcServices(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<InferenceService>();
        endpoints.MapGrpcHealthChecksService().DisableHttpMetrics().AllowAnonymous();
        if (!endpoints.ServiceProvider.GetRequiredService<IHostEnvironment>().IsDevelopment())
            return;
        endpoints.MapGrpcService<ReflectionServiceImpl>();
        endpoints.MapGrpcService<ReflectionV1ServiceImpl>();
    }
}
