using Microsoft.Extensions.DependencyInjection.Extensions;
using ModelService.Api.Embedding;
using ModelService.Models.Prediction;

// The namespaces in which an ASP.NET Core application finds what adds services and maps endpoints.
namespace Microsoft.Extensions.DependencyInjection
{
    /// <summary>Adds Model Service to the services of an application.</summary>
    public static class ModelServiceServiceCollectionExtensions
    {
        /// <summary>
        /// Adds Model Service, which starts and stops with the application. <see cref="IClassifier"/> classifies
        /// without HTTP; <see cref="AspNetCore.Builder.ModelServiceEndpointRouteBuilderExtensions.MapModelService"/>
        /// serves the whole API.
        /// </summary>
        /// <param name="services">The application's services. Its own are not changed.</param>
        /// <param name="configuration">
        /// The configuration, of which the section <c>ModelService</c> has the options.
        /// </param>
        /// <returns><paramref name="services"/>, for chaining.</returns>
        public static IServiceCollection AddModelService(this IServiceCollection services, IConfiguration configuration)
        {
            ArgumentNullException.ThrowIfNull(services);
            ArgumentNullException.ThrowIfNull(configuration);
            if (services.Any(static service => service.ServiceType == typeof(EmbeddedServer)))
                return services;
            services.AddSingleton(provider => new EmbeddedServer(
                configuration,
                provider.GetRequiredService<IHostEnvironment>(),
                provider.GetRequiredService<ILoggerFactory>(),
                provider.GetRequiredService<IHostApplicationLifetime>()
            ));
            services.AddHostedService(static provider => provider.GetRequiredService<EmbeddedServer>());
            services.TryAddSingleton(static provider =>
                provider.GetRequiredService<EmbeddedServer>().Services.GetRequiredService<IClassifier>()
            );
            return services;
        }
    }
}

namespace Microsoft.AspNetCore.Builder
{
    /// <summary>Maps Model Service into the routes of an application.</summary>
    public static class ModelServiceEndpointRouteBuilderExtensions
    {
        /// <summary>
        /// Maps the whole API and the console: with <c>/ml</c>, models are at <c>/ml/v1/models</c>. It keeps its own
        /// keys, limits and errors; what is demanded of the returned endpoint, such as a policy of the application,
        /// comes before them.
        /// </summary>
        /// <param name="endpoints">The application's routes.</param>
        /// <param name="prefix">
        /// Where the paths begin; empty for the root, where the application's own routes take precedence.
        /// </param>
        /// <returns>The endpoint, for adding policies and the like.</returns>
        public static IEndpointConventionBuilder MapModelService(
            this IEndpointRouteBuilder endpoints,
            string prefix = ""
        )
        {
            ArgumentNullException.ThrowIfNull(endpoints);
            var server =
                endpoints.ServiceProvider.GetService<EmbeddedServer>()
                ?? throw new InvalidOperationException(
                    "Call builder.Services.AddModelService(builder.Configuration) before MapModelService."
                );
            return endpoints
                .Map($"{prefix.TrimEnd('/')}/{{**{EmbeddedPipeline.Rest}}}", server.AnswerAsync)
                .ExcludeFromDescription()
                .WithDisplayName("Model Service");
        }
    }
}
