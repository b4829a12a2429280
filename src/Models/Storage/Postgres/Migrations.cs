using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace ModelService.Models.Storage.Postgres;

/// <summary>
/// Brings the tables to a state, by numbered scripts in <c>Migrations/</c>: <c>0001_registry.up.sql</c> and
/// <c>0001_registry.down.sql</c>. Servers that start at the same time wait for one another.
/// </summary>
internal static partial class Migrations
{
    // Any number that no other program takes for a lock of its own in this database.
    private const long Lock = 0x6d6f64656c73;

    /// <summary>The state that this server needs: the number of the last script.</summary>
    public static int Latest { get; } = Scripts().Max(script => script.Number);

    /// <summary>Brings the tables up to the state that this server needs.</summary>
    /// <param name="database">The database.</param>
    /// <exception cref="UnusableDatabaseException">A newer server has made the tables.</exception>
    public static Task<int> UpAsync(Database database) =>
        database.ChangeAsync(async connection =>
        {
            var number = await BeginAsync(connection);
            if (number > Latest)
            {
                throw new UnusableDatabaseException(
                    $"A newer server has brought the database to state {number}; this one knows up to {Latest}. "
                        + $"Start a newer server, or bring the database back with it: storage migrate --to {Latest}."
                );
            }

            await RunAsync(connection, number, Latest);
            return number;
        });

    /// <summary>Brings the tables to a state.</summary>
    /// <param name="database">The database.</param>
    /// <param name="target">The number of the state; 0 has no tables.</param>
    /// <returns>The state before.</returns>
    public static Task<int> ToAsync(Database database, int target) =>
        database.ChangeAsync(async connection =>
        {
            var number = await BeginAsync(connection);
            if (target < 0 || Math.Max(target, number) > Latest)
            {
                throw new UnusableDatabaseException(
                    $"The database is in state {number}, and this server knows the states 0 to {Latest}."
                );
            }

            await RunAsync(connection, number, target);
            return number;
        });

    private static async Task<int> BeginAsync(NpgsqlConnection connection)
    {
        await connection.ValueAsync("select pg_advisory_xact_lock($1)", Lock);
        await connection.RunAsync(
            "create table if not exists migrations (number int primary key, applied timestamptz not null default now())"
        );
        return (int)(await connection.ValueAsync("select max(number) from migrations") ?? 0);
    }

    private static async Task RunAsync(NpgsqlConnection connection, int from, int to)
    {
        foreach (var script in Scripts().Where(script => script.IsUp && script.Number > from && script.Number <= to))
        {
            await connection.RunAsync(Read(script.Name));
            await connection.RunAsync("insert into migrations (number) values ($1)", script.Number);
        }

        foreach (
            var script in Scripts()
                .Where(script => !script.IsUp && script.Number > to && script.Number <= from)
                .Reverse()
        )
        {
            await connection.RunAsync(Read(script.Name));
            await connection.RunAsync("delete from migrations where number = $1", script.Number);
        }
    }

    private static IEnumerable<(string Name, int Number, bool IsUp)> Scripts() =>
        from name in typeof(Migrations).Assembly.GetManifestResourceNames()
        let match = ScriptName().Match(name)
        where match.Success
        orderby name
        select (name, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), match.Groups[2].Value == "up");

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(Migrations).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^(\d{4})_\w+\.(up|down)\.sql$")]
    private static partial Regex ScriptName();
}
