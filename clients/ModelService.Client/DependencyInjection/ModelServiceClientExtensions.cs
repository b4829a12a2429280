using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;

namespace ModelService.Client;

/// <summary>Adds the clients to an application's services.</summary>
public static class ModelServiceClientExtensions
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Adds <see cref="ModelServiceClient"/> for Model Service's own API, and <see cref="IInferenceClient"/> for the
    /// Open Inference Protocol over REST.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddModelServiceClient(
        this IServiceCollection services,
        Action<ModelServiceOptions> configure
    )
    {
        services.Configure(configure);
        services.AddHttpClient<ModelServiceClient>(Configure).AddRetries();
        services.AddHttpClient<IInferenceClient, RestInferenceClient>(Configure).AddRetries();
        return services;
    }

    /// <summary>Adds <see cref="IInferenceClient"/> for the Open Inference Protocol over gRPC.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddGrpcInferenceClient(
        this IServiceCollection services,
        Action<ModelServiceOptions> configure
    )
    {
        services.Configure(configure);
        return services.AddSingleton<IInferenceClient>(provider =>
        {
            var options = provider.GetRequiredService<IOptions<ModelServiceOptions>>().Value;
            return new GrpcInferenceClient(options.GrpcAddress ?? options.Address, options.ApiKey, options.Retries);
        });
    }

    private static void Configure(IServiceProvider provider, HttpClient http)
    {
        var options = provider.GetRequiredService<IOptions<ModelServiceOptions>>().Value;
        var address = options.Address.AbsoluteUri;
        http.BaseAddress = new Uri(address.EndsWith('/') ? address : address + "/");
        http.Timeout = options.Timeout;
        if (options.ApiKey is { } key)
            http.DefaultRequestHeaders.Add("X-API-Key", key);
    }

    private static void AddRetries(this IHttpClientBuilder builder) =>
        builder.AddResilienceHandler(
            "model-service",
            static (pipeline, context) =>
            {
                var retries = context.ServiceProvider.GetRequiredService<IOptions<ModelServiceOptions>>().Value.Retries;
                if (retries == 0)
                    return;

                // It waits as long as Retry-After says, where the answer has one.
                pipeline.AddRetry(
                    new HttpRetryStrategyOptions
                    {
                        MaxRetryAttempts = retries,
                        BackoffType = DelayBackoffType.Exponential,
                        Delay = FirstDelay,
                        UseJitter = true,
                        ShouldHandle = static arguments =>
                            ValueTask.FromResult(
                                IsWorthwhile(arguments.Outcome, arguments.Context.GetRequestMessage())
                            ),
                    }
                );
            }
        );

    private static bool IsWorthwhile(Outcome<HttpResponseMessage> outcome, HttpRequestMessage? request)
    {
        request ??= outcome.Result?.RequestMessage;
        if (request?.Options.TryGetValue(Transport.IsRepeatable, out var isRepeatable) == true && !isRepeatable)
            return false;
        return outcome.Result?.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
            || (outcome.Exception is HttpRequestException && ChangesNothing(request));
    }

    private static bool ChangesNothing(HttpRequestMessage? request) =>
        request is not null
        && (
            request.Method == HttpMethod.Get
            || request.RequestUri?.AbsolutePath.EndsWith("/predict", StringComparison.Ordinal) == true
            || request.RequestUri?.AbsolutePath.EndsWith("/infer", StringComparison.Ordinal) == true
        );
}
