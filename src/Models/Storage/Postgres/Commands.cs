using Npgsql;

namespace ModelService.Models.Storage.Postgres;

/// <summary>Short forms of commands.</summary>
internal static class Commands
{
    /// <summary>Creates a command.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="sql">The command, with <c>$1</c> and so on for the parameters.</param>
    /// <param name="parameters">The parameters.</param>
    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params object?[] parameters)
    {
#pragma warning disable CA2100 // the text is the program's own; values are parameters
        var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        foreach (var value in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }

    /// <summary>Runs a command.</summary>
    /// <returns>The number of rows that it changed.</returns>
    public static async Task<int> RunAsync(this NpgsqlConnection connection, string sql, params object?[] parameters)
    {
        await using var command = connection.Command(sql, parameters);
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs a command that returns one value; null when it returns none.</summary>
    public static async Task<object?> ValueAsync(
        this NpgsqlConnection connection,
        string sql,
        params object?[] parameters
    )
    {
        await using var command = connection.Command(sql, parameters);
        return await command.ExecuteScalarAsync() is { } value and not DBNull ? value : null;
    }

    /// <summary>Runs a command that returns rows.</summary>
    public static async Task<List<T>> RowsAsync<T>(
        this NpgsqlConnection connection,
        Func<NpgsqlDataReader, T> read,
        string sql,
        params object?[] parameters
    )
    {
        await using var command = connection.Command(sql, parameters);
        await using var reader = await command.ExecuteReaderAsync();
        List<T> rows = [];
        while (await reader.ReadAsync())
            rows.Add(read(reader));
        return rows;
    }
}
