namespace ModelService.Models.Storage;

/// <summary>
/// The right to work on a job that servers share, for as long as it is renewed. A job is taken by one server at a time,
/// and each time with a higher number, so that a server that was thought dead can't write any more.
/// </summary>
/// <param name="Job">The job's id.</param>
/// <param name="Number">The number of the lease.</param>
public sealed record JobLease(string Job, long Number);

/// <summary>
/// The end of a job with the version that it makes: both are stored in one step, so there is never one without the
/// other.
/// </summary>
/// <param name="Lease">The lease of the job.</param>
/// <param name="Record">Makes the job's last record of the version.</param>
public sealed record JobResult(JobLease Lease, Func<VersionManifest, string> Record);

/// <summary>The lease of a job has ended: another server may have taken it. Nothing was written.</summary>
/// <param name="lease">The lease.</param>
internal sealed class LeaseLostException(JobLease lease)
    : OperationCanceledException($"The lease {lease.Number} of {lease.Job} has ended.");
