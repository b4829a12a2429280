using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ModelService.Models.Storage.Blobs;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Storage.Postgres;

namespace ModelService.Models.Storage;

/// <summary>Registers the store of models that the options name.</summary>
internal static class StorageServiceCollectionExtensions
{
    /// <summary>Adds the store and its options.</summary>
    /// <param name="services">The services to add to.</param>
    public static void AddStorage(this IServiceCollection services)
    {
        services
            .AddOptionsWithValidateOnStart<StorageOptions, StorageOptionsValidator>()
            .BindConfiguration(StorageOptions.Section);
        services.AddSingleton<IValidateOptions<StorageOptions>, StorageOptionsRules>();
        services
            .AddOptionsWithValidateOnStart<BlobOptions, BlobOptionsValidator>()
            .BindConfiguration(BlobOptions.Section);
        services.AddSingleton<IValidateOptions<BlobOptions>, BlobOptionsRules>();
        services
            .AddOptionsWithValidateOnStart<ClusterOptions, ClusterOptionsValidator>()
            .BindConfiguration(ClusterOptions.Section);
        services.AddSingleton<IValidateOptions<ClusterOptions>, ClusterOptionsRules>();
        services.TryAddSingleton<StagingFolder>();
        services.AddHostedService(provider => provider.GetRequiredService<StagingFolder>());
        services.TryAddSingleton<DataFolder>();
        services.TryAddSingleton<StoredVersionReader>();
        services.TryAddSingleton<FileSystemModelStore>();
        services.TryAddSingleton<IBlobStore>(CreateBlobs);
        services.TryAddSingleton(provider => new BlobCache(
            provider.GetRequiredService<DataFolder>().Cache,
            Options<BlobOptions>(provider).CacheBytes
        ));
        services.TryAddSingleton<BlobFiles>();
        services.TryAddSingleton(provider =>
            ActivatorUtilities.CreateInstance<Database>(provider, Options<StorageOptions>(provider))
        );
        services.TryAddSingleton<PostgresModelStore>();
        services.TryAddSingleton<JobTable>();
        services.AddSingleton<IHostedService>(provider =>
            Options<StorageOptions>(provider).IsShared
                ? ActivatorUtilities.CreateInstance<OrphanSweeper>(provider)
                : new NoTask()
        );
        services.TryAddSingleton<IModelStore>(provider =>
            Options<StorageOptions>(provider).IsShared
                ? provider.GetRequiredService<PostgresModelStore>()
                : provider.GetRequiredService<FileSystemModelStore>()
        );
    }

    private static T Options<T>(IServiceProvider provider)
        where T : class => provider.GetRequiredService<IOptions<T>>().Value;

    private static IBlobStore CreateBlobs(IServiceProvider provider)
    {
        var options = Options<BlobOptions>(provider);
        return options.Kind switch
        {
            "s3" => new S3BlobStore(options),
            "azure" => new AzureBlobStore(options),
            _ => new FileBlobStore(
                Path.GetFullPath(options.Path, provider.GetRequiredService<IHostEnvironment>().ContentRootPath)
            ),
        };
    }

    private sealed class NoTask : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
