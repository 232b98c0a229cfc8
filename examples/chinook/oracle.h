/* The other opinion: answers in plain SQL, on a connection that weir knows nothing of. */
#ifndef CHINOOK_ORACLE_H
#define CHINOOK_ORACLE_H

typedef struct oracle oracle;

/* Connects to the tables of a schema. NULL after saying on standard error why not. */
oracle *oracle_open(const char *postgres, const char *schema);

/* The rows of a statement, one a line, fields with | between them, NULL as nothing; to be freed. NULL after saying why. */
char *oracle_ask(oracle *o, const char *sql);

/* NULL does nothing. */
void oracle_close(oracle *o);

#endif
