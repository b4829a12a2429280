using Microsoft.Extensions.Logging;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Storage.Postgres;

namespace ModelService.Models.Runs;

/// <summary>What the runs that servers share need.</summary>
/// <typeparam name="TRun">The kind of run.</typeparam>
/// <param name="Jobs">The runs as rows.</param>
/// <param name="Kind">The kind of run.</param>
/// <param name="Folder">The data folder.</param>
/// <param name="Clock">Measures pauses.</param>
/// <param name="Logger">Logs what goes wrong.</param>
internal sealed record LeasedRunServices<TRun>(
    JobTable Jobs,
    RunKind<TRun> Kind,
    DataFolder Folder,
    TimeProvider Clock,
    ILogger Logger
)
    where TRun : Run;
