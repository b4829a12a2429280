using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace ModelService.Models.Weights;

/// <summary>
/// Spreads work over all cores. Reading weights is bound by how fast one core moves bytes.
/// </summary>
internal static class AllCores
{
    /// <summary>
    /// Does the work for each item, in parallel. The first exception stops the loop and is rethrown unwrapped.
    /// </summary>
    public static void ForEach<T>(IReadOnlyList<T> items, Action<T> work)
    {
        try
        {
            Parallel.ForEach(Partitioner.Create([.. items], loadBalance: true), work);
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }
}
