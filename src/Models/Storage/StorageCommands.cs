using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Storage.Postgres;

namespace ModelService.Models.Storage;

/// <summary>What an operator does with the database of the models, by commands of the program.</summary>
public static class StorageCommands
{
    /// <summary>How the commands are called.</summary>
    public const string Usage =
        "storage migrate [--to NUMBER] | storage export FOLDER | storage import FOLDER | "
        + "storage new-key NAME SCOPE,...";

    /// <summary>Runs a command.</summary>
    /// <param name="services">The services of a host that is not started.</param>
    /// <param name="arguments">The command, without <c>storage</c>.</param>
    /// <param name="output">Receives what was done.</param>
    /// <param name="errors">Receives why it was not.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The process's exit code.</returns>
    public static Task<int> RunAsync(
        IServiceProvider services,
        IReadOnlyList<string> arguments,
        TextWriter output,
        TextWriter errors,
        CancellationToken cancellationToken
    ) =>
        RunAsync(
            services,
            errors,
            () =>
                arguments switch
                {
                    ["migrate"] => MigrateAsync(services, Migrations.Latest, output),
                    ["migrate", "--to", var text]
                        when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) =>
                        MigrateAsync(services, number, output),
                    ["export", var folder] => CopyAsync(services, folder, isExport: true, output, cancellationToken),
                    ["import", var folder] => CopyAsync(services, folder, isExport: false, output, cancellationToken),
                    _ => throw new UnusableDatabaseException($"Usage: {Usage}"),
                }
        );

    /// <summary>Stores an API key. Servers that run know it in a moment.</summary>
    /// <param name="services">The services of a host that is not started.</param>
    /// <param name="key">The key.</param>
    /// <param name="errors">Receives why it was not stored.</param>
    /// <returns>The process's exit code.</returns>
    public static Task<int> AddKeyAsync(IServiceProvider services, StoredKey key, TextWriter errors) =>
        RunAsync(
            services,
            errors,
            async () =>
            {
                var database = services.GetRequiredService<Database>();
                await Migrations.UpAsync(database);
                await new KeyTable(database).AddAsync(key);
                return 0;
            }
        );

    private static async Task<int> RunAsync(IServiceProvider services, TextWriter errors, Func<Task<int>> command)
    {
        try
        {
            if (!services.GetRequiredService<IOptions<StorageOptions>>().Value.IsShared)
            {
                throw new UnusableDatabaseException(
                    "The models are not in a database: set ModelService:Storage:Kind to postgres, and "
                        + "ModelService:Storage:Connection."
                );
            }

            return await command();
        }
        catch (Exception exception)
            when (exception
                    is UnusableDatabaseException
                        or UnusableFolderException
                        or StoreInUseException
                        or ServingException
                        or OptionsValidationException
            )
        {
            var cause = exception is ServingException { InnerException: { } inner } ? $" ({inner.Message})" : "";
            await errors.WriteLineAsync(exception.Message + cause);
            return 1;
        }
    }

    private static async Task<int> MigrateAsync(IServiceProvider services, int target, TextWriter output)
    {
        var before = await Migrations.ToAsync(services.GetRequiredService<Database>(), target);
        await output.WriteLineAsync($"The database was in state {before}, and is in state {target}.");
        return 0;
    }

    private static async Task<int> CopyAsync(
        IServiceProvider services,
        string path,
        bool isExport,
        TextWriter output,
        CancellationToken cancellationToken
    )
    {
        using var folder = new DataFolder(
            Options.Create(new StorageOptions { Path = path }),
            services.GetRequiredService<IHostEnvironment>(),
            services.GetRequiredService<ILogger<DataFolder>>()
        );
        using var files = new FileSystemModelStore(
            folder,
            services.GetRequiredService<StoredVersionReader>(),
            services.GetRequiredService<ILogger<FileSystemModelStore>>()
        );
        var database = services.GetRequiredService<PostgresModelStore>();
        var copy = isExport ? new StoreCopy(database, files) : new StoreCopy(files, database);
        var failures = await copy.RunAsync(output.WriteLine, cancellationToken);
        foreach (var other in services.GetServices<IFolderCopy>())
            failures += await other.CopyAsync(folder, isExport, output.WriteLine, cancellationToken);
        return failures == 0 ? 0 : 1;
    }
}
