using Microsoft.Extensions.Logging;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Storage.Postgres;

namespace ModelService.Models.Training.Runs;

/// <summary>What the runs that servers share need.</summary>
/// <param name="Jobs">The runs as rows.</param>
/// <param name="Adoption">Makes their jobs this server's.</param>
/// <param name="Folder">The data folder.</param>
/// <param name="Clock">Measures pauses.</param>
/// <param name="Logger">Logs what goes wrong.</param>
internal sealed record LeasedRunServices(
    JobTable Jobs,
    JobAdoption Adoption,
    DataFolder Folder,
    TimeProvider Clock,
    ILogger Logger
);
